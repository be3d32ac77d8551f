#include "compiler/layers/normalize.h"

#include "compiler/layers/checks.h"

namespace keratin {

namespace {

DType wide(DType dtype) { return dtype == DType::float64 ? DType::float64 : DType::float32; }

}  // namespace

Val layer_norm(Val x, const std::vector<int>& axes, double epsilon, std::optional<Val> gamma, std::optional<Val> beta) {
  if (x.poisoned() || (gamma && gamma->poisoned()) || (beta && beta->poisoned())) return {};
  ir::Builder& b = x.builder();
  const DType original = x.dtype(), dtype = wide(original);
  const Shape vector = ones_but(x.shape(), axes);
  Vals inputs = {b.cast(x, dtype)};
  if (gamma) inputs.push_back(b.cast(*gamma, dtype));
  if (beta) inputs.push_back(b.cast(*beta, dtype));

  const ir::FunctionId body = b.new_function("layer_norm");
  ir::Builder inner(b.program(), body);
  inner.set_origin(b.origin());
  Val in = inner.parameter(inputs[0].type(), "x");
  Val scale = gamma ? inner.reshape(inner.parameter(inputs[1].type(), "gamma"), vector) : Val();
  Val offset = beta ? inner.reshape(inner.parameter(inputs.back().type(), "beta"), vector) : Val();
  Val centred = in - inner.mean(in, axes, true);
  Val y = centred * rsqrt(inner.mean(centred * centred, axes, true) + epsilon);
  if (gamma) y = y * scale;
  if (beta) y = y + offset;
  inner.output(y, "y");

  std::string text;
  for (int axis : axes) text += (text.empty() ? "" : ",") + std::to_string(axis);
  const std::map<std::string, ir::Composite::Attribute> attributes = {
      {"axes", text}, {"epsilon", epsilon}, {"scale", int64_t{gamma.has_value()}}, {"center", int64_t{beta.has_value()}}};
  return b.cast(b.composite("layer_norm", attributes, body, inputs)[0], original);
}

Val rms_norm(Val x, const std::vector<int>& axes, double epsilon, std::optional<Val> scale) {
  if (x.poisoned() || (scale && scale->poisoned())) return {};
  ir::Builder& b = x.builder();
  const DType original = x.dtype(), dtype = wide(original);
  Val in = b.cast(x, dtype);
  Val y = in * rsqrt(b.mean(in * in, axes, true) + epsilon);
  if (scale) y = y * b.reshape(b.cast(*scale, dtype), ones_but(x.shape(), axes));
  return b.cast(y, original);
}

}  // namespace keratin
