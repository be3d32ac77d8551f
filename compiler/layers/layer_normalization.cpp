// LayerNormalization, RMSNormalization, UnitNormalization (keras.layers): statistics of each example over the listed axes.
#include <fmt/format.h>

#include "compiler/layers/checks.h"
#include "compiler/layers/normalize.h"

namespace keratin {

namespace {

/// The axes of a config, -1 where absent.
std::vector<int64_t> read_axes(ConfigReader& config) {
  std::vector<int64_t> axes = config.integers("axis");
  if (axes.empty()) axes = {-1};
  return axes;
}

/// The call's tensor and its axes; a poisoned value after a problem. Weights of these axes need their extents.
struct Operand {
  Val x;
  std::vector<int> axes;
};
Operand read_operand(CallContext& ctx, const CallInputs& inputs, const std::vector<int64_t>& axes) {
  const Val x = only_tensor(ctx, inputs).value;
  if (x.poisoned()) return {};
  const std::optional<std::vector<int>> counted = counted_axes(ctx, axes, x.shape());
  if (!counted) return {};
  if (!extents_of(x.shape(), *counted).is_static()) {
    ctx.fail(fmt::format("axis: the normalized dimensions of {} must be known", ir::keras_shape(x.shape())));
    return {};
  }
  return {x, *counted};
}

class LayerNormalization : public Layer {
 public:
  void configure(ConfigReader& config) override {
    axes_ = read_axes(config);
    epsilon_ = config.number("epsilon", 0.001);
    rms_scaling_ = config.boolean("rms_scaling", false);
    center_ = config.boolean("center", true) && !rms_scaling_;
    scale_ = config.boolean("scale", true) || rms_scaling_;
    gamma_initializer_ = config.raw("gamma_initializer");
    gamma_regularizer_ = config.raw("gamma_regularizer");
    beta_initializer_ = config.raw("beta_initializer");
    beta_regularizer_ = config.raw("beta_regularizer");
    config.ignore({"gamma_constraint", "beta_constraint"});
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const auto [x, axes] = read_operand(ctx, inputs, axes_);
    if (x.poisoned()) return {KTensor{}};
    const Shape shape = extents_of(x.shape(), axes);
    std::optional<Val> gamma, beta;
    if (scale_) gamma = ctx.read(ctx.weight("gamma", shape, gamma_initializer_, gamma_regularizer_));
    if (center_) beta = ctx.read(ctx.weight("beta", shape, beta_initializer_, beta_regularizer_));
    return {{rms_scaling_ ? scaled(ctx, x, axes, *gamma) : layer_norm(x, axes, epsilon_, gamma, beta), {}}};
  }

  bool passes_mask() const override { return true; }

 private:
  /// rms_scaling: the variance about the mean scales x, the mean itself stays.
  Val scaled(CallContext& ctx, Val x, const std::vector<int>& axes, Val gamma) const {
    ir::Builder& b = ctx.b;
    const DType dtype = x.dtype() == DType::float64 ? DType::float64 : DType::float32;
    Val in = b.cast(x, dtype);
    Val centred = in - b.mean(in, axes, true);
    Val y = in * rsqrt(b.mean(centred * centred, axes, true) + epsilon_) * b.reshape(b.cast(gamma, dtype), ones_but(x.shape(), axes));
    return b.cast(y, x.dtype());
  }

  std::vector<int64_t> axes_;
  double epsilon_ = 0.001;
  bool rms_scaling_ = false, center_ = true, scale_ = true;
  Json gamma_initializer_, gamma_regularizer_, beta_initializer_, beta_regularizer_;
};

class RMSNormalization : public Layer {
 public:
  void configure(ConfigReader& config) override {
    axes_ = read_axes(config);
    epsilon_ = config.number("epsilon", 1e-6);
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const auto [x, axes] = read_operand(ctx, inputs, axes_);
    if (x.poisoned()) return {KTensor{}};
    Val scale = ctx.read(ctx.weight("scale", extents_of(x.shape(), axes), Json("ones")));
    return {{rms_norm(x, axes, epsilon_, scale), {}}};
  }

 private:
  std::vector<int64_t> axes_;
  double epsilon_ = 1e-6;
};

class UnitNormalization : public Layer {
 public:
  void configure(ConfigReader& config) override { axes_ = read_axes(config); }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const auto [x, axes] = read_operand(ctx, inputs, axes_);
    if (x.poisoned()) return {KTensor{}};
    // The floor under the squared norm: Keras 3 bounds 1/norm by 1e12, tf.keras the sum of squares.
    return {{x * rsqrt(maximum(ctx.b.sum(x * x, axes, true), ctx.version().keras3() ? 1e-24 : 1e-12)), {}}};
  }

  bool passes_mask() const override { return true; }

 private:
  std::vector<int64_t> axes_;
};

}  // namespace

const LayerDefinition& layer_LayerNormalization() {
  static const LayerDefinition definition{.name = "LayerNormalization", .aliases = {}, .create = create_layer<LayerNormalization>};
  return definition;
}
const LayerDefinition& layer_RMSNormalization() {
  static const LayerDefinition definition{.name = "RMSNormalization", .aliases = {}, .create = create_layer<RMSNormalization>};
  return definition;
}
const LayerDefinition& layer_UnitNormalization() {
  static const LayerDefinition definition{.name = "UnitNormalization", .aliases = {}, .create = create_layer<UnitNormalization>};
  return definition;
}

}  // namespace keratin
