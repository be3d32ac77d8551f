#include "compiler/layers/random.h"

#include <fmt/format.h>

namespace keratin {

bool draws_noise(const CallContext& ctx, const CallInputs& inputs) {
  const CallValue* flag = inputs.find("training");
  if (flag && flag->constant() && flag->constant()->is_bool()) return flag->constant()->as_bool() && ctx.training();
  return ctx.training();
}

Val random_key(CallContext& ctx) {
  ir::Program& program = ctx.expansion().program;
  const auto hyperparameter = [&](const char* name) {
    for (size_t i = 0; i < program.variables.size(); ++i)
      if (program.variables[i].role == ir::Role::hyperparameter && program.variables[i].name == name) return ir::VariableId{static_cast<uint32_t>(i)};
    program.variables.push_back({name, {DType::uint64, {}}, ir::Role::hyperparameter, false, std::make_shared<const ir::Tensor>(ir::scalar(DType::uint64, 0)), {}});
    return ir::VariableId{static_cast<uint32_t>(program.variables.size() - 1)};
  };
  // Wrapping products with odd constants keep (seed, step, draw) apart; the generator itself mixes the bits.
  ir::Builder& b = ctx.b;
  Val seed = b.read(hyperparameter("seed")), step = b.read(hyperparameter("draw_step"));
  ir::Tensor draw(DType::uint64, {});
  constexpr uint64_t kLow = (uint64_t{1} << 53) - 1;
  draw.integers[0] = static_cast<int64_t>((ctx.expansion().random_draws++ + 1) * 0x9E3779B97F4A7C15u & kLow);
  ir::Tensor stride(DType::uint64, {});
  stride.integers[0] = static_cast<int64_t>(0xD1342543DE82EF95u & kLow);
  return seed + step * b.constant(stride) + b.constant(draw);
}

Val drop(CallContext& ctx, Val x, double rate, Shape noise_shape) {
  if (rate >= 1) return ctx.b.zeros(x.type());
  ir::Builder& b = ctx.b;
  Val noise = b.add1(ir::Random::Attrs{ir::Random::Kind::uniform, {DType::float32, std::move(noise_shape)}}, {random_key(ctx)});
  Val keep = b.broadcast(b.compare(ir::Compare::Kind::ge, noise, b.number(DType::float32, rate)), x.shape());
  return b.select(keep, x * (1 / (1 - rate)), b.zeros(x.type()));
}

std::optional<Shape> noise_shape_for(CallContext& ctx, Val x, const functional::Extents& noise_shape) {
  Shape shape = x.shape();
  if (!noise_shape.given()) return shape;
  const std::vector<std::optional<int64_t>>& extents = noise_shape.values();
  if (static_cast<int>(extents.size()) != x.rank()) {
    ctx.fail(fmt::format("noise_shape: {} extents do not fit {}", extents.size(), ir::keras_shape(x.shape())));
    return std::nullopt;
  }
  for (int i = 0; i < x.rank(); ++i)
    if (const std::optional<int64_t>& extent = extents[static_cast<size_t>(i)]) shape[i] = Dim(*extent);
  return shape;
}

}  // namespace keratin
