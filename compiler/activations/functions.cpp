#include "compiler/activations/functions.h"

#include <array>
#include <initializer_list>

namespace keratin {

namespace {

/// An argument of a serialized function under its present or an older name.
std::optional<double> number_of(const Json& arguments, std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys)
    if (const Json* value = arguments.find(key); value && value->is_number()) return value->as_double();
  return std::nullopt;
}

std::optional<double> slope_of(const Json& arguments) { return number_of(arguments, {"negative_slope", "alpha"}); }
double bound_of(const Json& arguments) { return number_of(arguments, {"threshold"}).value_or(0.5); }
int axis_of(const Json& arguments) { return static_cast<int>(number_of(arguments, {"axis"}).value_or(-1)); }

bool flag_of(const Json& arguments, std::string_view key) {
  const Json* value = arguments.find(key);
  return value && value->is_bool() && value->as_bool();
}

Val build_relu(CallContext&, const Json& a, Val x) {
  return relu(x, slope_of(a).value_or(0), number_of(a, {"max_value"}), number_of(a, {"threshold"}).value_or(0));
}

Val build_threshold(CallContext&, const Json& a, Val x) {
  return threshold(x, number_of(a, {"threshold"}).value_or(0), number_of(a, {"default_value"}).value_or(0));
}

}  // namespace

std::span<const ActivationFunction> activation_functions() {
  using Context = CallContext;
  static const std::array functions = {
      ActivationFunction{"celu", [](Context&, const Json& a, Val x) { return celu(x, number_of(a, {"alpha"}).value_or(1)); }},
      ActivationFunction{"elu", [](Context&, const Json& a, Val x) { return elu(x, number_of(a, {"alpha"}).value_or(1)); }},
      ActivationFunction{"exponential", [](Context&, const Json&, Val x) { return exp(x); }},
      ActivationFunction{"gelu", [](Context&, const Json& a, Val x) { return gelu(x, flag_of(a, "approximate")); }},
      ActivationFunction{"glu", [](Context&, const Json& a, Val x) { return glu(x, axis_of(a)); }},
      ActivationFunction{"hard_shrink", [](Context&, const Json& a, Val x) { return hard_shrink(x, bound_of(a)); }},
      ActivationFunction{"hard_sigmoid", [](Context& ctx, const Json&, Val x) { return hard_sigmoid(ctx, x); }},
      ActivationFunction{"hard_silu", [](Context&, const Json&, Val x) { return hard_silu(x); }},
      ActivationFunction{"hard_tanh", [](Context&, const Json&, Val x) { return hard_tanh(x); }},
      ActivationFunction{"leaky_relu", [](Context&, const Json& a, Val x) { return leaky_relu(x, slope_of(a).value_or(0.2)); }},
      ActivationFunction{"linear", [](Context&, const Json&, Val x) { return x; }},
      ActivationFunction{"log_sigmoid", [](Context&, const Json&, Val x) { return log_sigmoid(x); }},
      ActivationFunction{"log_softmax", [](Context&, const Json& a, Val x) { return log_softmax(x, {axis_of(a)}); }},
      ActivationFunction{"mish", [](Context&, const Json&, Val x) { return mish(x); }},
      ActivationFunction{"relu", build_relu},
      ActivationFunction{"relu6", [](Context&, const Json&, Val x) { return relu6(x); }},
      ActivationFunction{"selu", [](Context&, const Json&, Val x) { return selu(x); }},
      ActivationFunction{"sigmoid", [](Context&, const Json&, Val x) { return sigmoid(x); }},
      ActivationFunction{"silu", [](Context&, const Json&, Val x) { return silu(x); }},
      ActivationFunction{"soft_shrink", [](Context&, const Json& a, Val x) { return soft_shrink(x, bound_of(a)); }},
      ActivationFunction{"softmax", [](Context&, const Json& a, Val x) { return softmax(x, {axis_of(a)}); }},
      ActivationFunction{"softplus", [](Context&, const Json&, Val x) { return softplus(x); }},
      ActivationFunction{"softsign", [](Context&, const Json&, Val x) { return softsign(x); }},
      ActivationFunction{"sparse_plus", [](Context&, const Json&, Val x) { return sparse_plus(x); }},
      ActivationFunction{"sparse_sigmoid", [](Context&, const Json&, Val x) { return sparse_sigmoid(x); }},
      ActivationFunction{"sparsemax", [](Context&, const Json& a, Val x) { return sparsemax(x, axis_of(a)); }},
      ActivationFunction{"squareplus", [](Context&, const Json& a, Val x) { return squareplus(x, number_of(a, {"b"}).value_or(4)); }},
      ActivationFunction{"tanh", [](Context&, const Json&, Val x) { return tanh(x); }},
      ActivationFunction{"tanh_shrink", [](Context&, const Json&, Val x) { return tanh_shrink(x); }},
      ActivationFunction{"threshold", build_threshold},
  };
  return functions;
}

}  // namespace keratin
