#include "compiler/activations/functions.h"

#include <array>

namespace keratin {

Val relu(Val x) { return maximum(x, 0.0); }

Val relu(Val x, double negative_slope, std::optional<double> max_value, double threshold) {
  if (x.poisoned()) return x;
  if (negative_slope == 0 && threshold == 0) {
    Val y = relu(x);
    return max_value ? minimum(y, *max_value) : y;
  }
  ir::Builder& b = x.builder();
  Val kept = max_value ? minimum(maximum(x, 0.0), *max_value) : x;
  Val below = threshold == 0 ? x * negative_slope : (x - threshold) * negative_slope;
  return b.select(greater(x, threshold), kept, below);
}

Val softmax(Val x, std::vector<int> axes) {
  if (x.poisoned()) return x;
  ir::Builder& b = x.builder();
  const ir::Type type = x.type();
  std::string text;
  for (int& axis : axes) {
    if (axis < 0) axis += type.shape.rank();
    text += (text.empty() ? "" : ",") + std::to_string(axis);
  }
  const ir::FunctionId body = b.new_function("softmax");
  ir::Builder inner(b.program(), body);
  inner.set_origin(b.origin());
  Val in = inner.parameter(type, "x");
  Val shifted = in - stop_gradient(inner.max(in, axes, true));
  Val powers = exp(shifted);
  inner.output(powers / inner.sum(powers, axes, true), "y");
  return b.composite("softmax", {{"axes", text}}, body, {x})[0];
}

namespace {

Val build_relu(CallContext&, const Json& a, Val x) {
  const auto number = [&](std::string_view key, double fallback) {
    const Json* value = a.find(key);
    return value && value->is_number() ? value->as_double() : fallback;
  };
  const Json* max_value = a.find("max_value");
  return relu(x, number("negative_slope", number("alpha", 0)), max_value && max_value->is_number() ? std::optional(max_value->as_double()) : std::nullopt, number("threshold", 0));
}

}  // namespace

std::span<const ActivationFunction> activation_functions() {
  static const std::array functions = {
      ActivationFunction{"linear", [](CallContext&, const Json&, Val x) { return x; }},
      ActivationFunction{"relu", build_relu},
      ActivationFunction{"sigmoid", [](CallContext&, const Json&, Val x) { return sigmoid(x); }},
      ActivationFunction{"softmax", [](CallContext&, const Json&, Val x) { return softmax(x, {-1}); }},
      ActivationFunction{"tanh", [](CallContext&, const Json&, Val x) { return tanh(x); }},
  };
  return functions;
}

}  // namespace keratin
