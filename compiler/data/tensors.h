// Arrays of files to tensors of the evaluator, and back.
#pragma once

#include "compiler/data/array.h"
#include "ir/tensor.h"

namespace keratin {

/// Must not be strings.
ir::Tensor to_tensor(const Array& array, DType dtype);
Array to_array(const ir::Tensor& tensor);

}  // namespace keratin
