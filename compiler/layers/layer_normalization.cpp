// LayerNormalization, RMSNormalization, UnitNormalization (keras.layers): statistics of each example over the listed axes.
#include <fmt/format.h>

#include "compiler/layers/checks.h"
#include "compiler/layers/normalize.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/layer_normalization.h"

namespace keratin {

namespace {

/// The arguments; an empty list of axes is the last one.
template <class A>
void read_with_axes(ConfigReader& config, A& arguments) {
  read_arguments(config, arguments);
  if (arguments.axis.values().empty()) arguments.axis = -1;
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
    read_with_axes(config, arguments_);
    rms_scaling_ = config.boolean("rms_scaling", false);  // no argument any more, but in configs
    if (rms_scaling_) std::tie(arguments_.center, arguments_.scale) = std::pair(false, true);
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const auto [x, axes] = read_operand(ctx, inputs, arguments_.axis.values());
    if (x.poisoned()) return {KTensor{}};
    const Shape shape = extents_of(x.shape(), axes);
    std::optional<Val> gamma, beta;
    const auto& a = arguments_;
    if (a.scale) gamma = ctx.read(ctx.weight("gamma", shape, a.gamma_initializer.json(), a.gamma_regularizer.json()));
    if (a.center) beta = ctx.read(ctx.weight("beta", shape, a.beta_initializer.json(), a.beta_regularizer.json()));
    return {{rms_scaling_ ? scaled(ctx, x, axes, *gamma) : layer_norm(x, axes, arguments_.epsilon, gamma, beta), {}}};
  }

  bool passes_mask() const override { return true; }

 private:
  /// rms_scaling: the variance about the mean scales x, the mean itself stays.
  Val scaled(CallContext& ctx, Val x, const std::vector<int>& axes, Val gamma) const {
    ir::Builder& b = ctx.b;
    const DType dtype = x.dtype() == DType::float64 ? DType::float64 : DType::float32;
    Val in = b.cast(x, dtype);
    Val centred = in - b.mean(in, axes, true);
    Val y = in * rsqrt(b.mean(centred * centred, axes, true) + arguments_.epsilon);
    y = y * b.reshape(b.cast(gamma, dtype), ones_but(x.shape(), axes));
    return b.cast(y, x.dtype());
  }

  layers::LayerNormalizationArguments arguments_;
  bool rms_scaling_ = false;
};

class RMSNormalization : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_with_axes(config, arguments_);
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const auto [x, axes] = read_operand(ctx, inputs, arguments_.axis.values());
    if (x.poisoned()) return {KTensor{}};
    Val scale = ctx.read(ctx.weight("scale", extents_of(x.shape(), axes), Json("ones")));
    return {{rms_norm(x, axes, arguments_.epsilon, scale), {}}};
  }

 private:
  layers::RMSNormalizationArguments arguments_;
};

class UnitNormalization : public Layer {
 public:
  void configure(ConfigReader& config) override { read_with_axes(config, arguments_); }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const auto [x, axes] = read_operand(ctx, inputs, arguments_.axis.values());
    if (x.poisoned()) return {KTensor{}};
    // The floor under the squared norm: Keras 3 bounds 1/norm by 1e12, tf.keras the sum of squares.
    return {{x * rsqrt(maximum(ctx.b.sum(x * x, axes, true), ctx.version().keras3() ? 1e-24 : 1e-12)), {}}};
  }

  bool passes_mask() const override { return true; }

 private:
  layers::UnitNormalizationArguments arguments_;
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
