// A model as C++ source that builds it with the functional API.
#pragma once

#include <string>

#include "compiler/graph/model.h"
#include "ir/support/result.h"

namespace keratin::functional {

/// A source file with `keratin::Model <function>()` and one function for each nested model; `config` is the serialized model that `model` was read from.
/// The weights are not in it. Errors name the layer that the API cannot say: layers of Keras 2's files, calls with arguments that no option stands for.
Result<std::string> api_code(const keratin::Model& model, const Json& config, const std::string& function);

}  // namespace keratin::functional
