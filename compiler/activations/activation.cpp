#include "compiler/activations/activation.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "compiler/activations/functions.h"

namespace keratin {

namespace {

/// Older and alternative names.
std::string canonical(std::string name) {
  if (name == "swish") return "silu";
  if (name == "hard_swish") return "hard_silu";
  if (name == "softmax_v2") return "softmax";  // what tf.keras writes for softmax
  return name;
}

const ActivationFunction* find_activation(std::string_view name) {
  for (const ActivationFunction& function : activation_functions())
    if (function.name == name) return &function;
  return nullptr;
}

}  // namespace

Activation read_activation(ConfigReader& config, std::string_view key, std::string_view fallback) {
  const Json& value = config.raw(key);
  Activation activation;
  activation.name = std::string(fallback);
  if (value.is_null()) {
    if (config.has(key)) activation.name = "linear";
    return activation;
  }
  if (value.is_string()) {
    activation.name = canonical(value.as_string());
  } else if (const Json* class_name = value.find("class_name"); class_name && class_name->is_string()) {
    const Json* inner = value.find("config");
    if (class_name->as_string() == "function" && inner && inner->is_string()) {
      activation.name = canonical(inner->as_string());
    } else if (find_activation(canonical(class_name->as_string()))) {
      activation.name = canonical(class_name->as_string());
      if (inner) activation.arguments = *inner;
    } else {
      activation.name.clear();
      activation.layer = config.layer(key);
      return activation;
    }
  }
  if (!find_activation(activation.name)) {
    config.fail(key, fmt::format("activation '{}' is not known", activation.name.empty() ? value.dump() : activation.name));
    activation.name = "linear";
  }
  return activation;
}

Val apply(CallContext& ctx, const Activation& activation, Val x) {
  if (x.poisoned()) return x;
  if (activation.layer) {
    CallInputs inputs;
    inputs.args.push_back({KTensor{x, {}}});
    const KTensors outputs = ctx.call_child(*activation.layer, inputs);
    return outputs.empty() ? Val() : outputs[0].value;
  }
  const ActivationFunction* function = find_activation(activation.name);
  return function->build(ctx, activation.arguments, x);
}

std::vector<std::string_view> activation_names() {
  std::vector<std::string_view> names;
  for (const ActivationFunction& function : activation_functions()) names.push_back(function.name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace keratin
