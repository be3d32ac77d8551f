// Constants of a config: a number, nested lists of numbers, or the object that Keras wraps around numpy arrays.
#pragma once

#include <optional>

#include "compiler/json/json.h"
#include "ir/tensor.h"

namespace keratin {

/// The tensor in that dtype; nullopt where the value is none of these or its lists have different lengths.
std::optional<ir::Tensor> json_tensor(const Json& value, DType dtype);

}  // namespace keratin
