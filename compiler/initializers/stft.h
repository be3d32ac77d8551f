// The kernel of a short-time Fourier transform (keras.initializers.STFT).
#pragma once

#include <vector>

#include "compiler/training/arguments.h"
#include "ir/tensor.h"

namespace keratin {

/// cos or sin (`side`) of -2 pi time frequency / (2 (frequencies - 1)), windowed and scaled: shape [frame, channels, frequencies], the same for
/// every channel. Computed in steps of `dtype`, as Keras does. What does not fit is refused through `arguments`.
std::vector<double> stft_kernel(TrainingArguments& arguments, DType dtype, const std::vector<int64_t>& shape);

}  // namespace keratin
