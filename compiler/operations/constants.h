// Constants of a call: Python's numbers, nested lists of them, and the objects that Keras wraps around arrays, tuples and slices.
#pragma once

#include <optional>
#include <string_view>

#include "compiler/json/json.h"
#include "compiler/layers/layer.h"
#include "ir/tensor.h"

namespace keratin {

/// The class_name of a wrapped value: `__numpy__`, `__tensor__`, `__slice__`, `__ellipsis__`, ...; empty for anything else.
std::string_view wrapper_of(const Json& value);

/// The value as plain numbers and lists: tuples, shapes and arrays without their wrappers, lists of constants as one list. nullopt where a tensor of the
/// graph is inside.
std::optional<Json> plain_json(const CallValue& value);

/// An array constant: a wrapped array in its own dtype, a list in int32, float32 or bool; nullopt where the value is no number, list of numbers or array, or
/// its lists have different lengths.
std::optional<ir::Tensor> array_constant(const Json& value);

/// The numbers in that dtype.
std::optional<ir::Tensor> array_constant(const Json& value, DType dtype);

}  // namespace keratin
