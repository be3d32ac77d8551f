// How many numbers an optimizer keeps beside the weights it trains, from its serialized form alone.
#pragma once

#include <optional>
#include <vector>

#include "compiler/view/outline.h"
#include "compiler/json/json.h"
#include "compiler/layers/layer.h"

namespace keratin {

/// `optimizer` is a name or {class_name, config}, as Keras 3 stores it. The iteration counter and the learning rate count, too, unless a
/// schedule gives the rate. nullopt: not one of Keras's optimizers.
std::optional<ParameterCount> optimizer_state(const Json& optimizer, const std::vector<Weight*>& trainable);

}  // namespace keratin
