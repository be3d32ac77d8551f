// A layer as the C++ expression that makes it.
#pragma once

#include <string>

#include "compiler/json/json.h"

namespace keratin::functional {

/// What the functional API cannot say.
struct CodeError {
  std::string what;
};

/// `layers::Dense({.units = 3, .name = "d"})` for a serialized layer: arguments that are not the defaults, in the order of the struct. A layer of a program's own
/// becomes make_custom(...); one whose config says more than its struct, Layer::from_config(...).
std::string layer_expression(const Json& serialized);

}  // namespace keratin::functional
