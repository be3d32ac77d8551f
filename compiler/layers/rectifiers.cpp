// ELU, LeakyReLU, PReLU, ThresholdedReLU (keras.layers).
#include <fmt/format.h>

#include "compiler/activations/functions.h"
#include "compiler/layers/checks.h"

namespace keratin {

namespace {

class ELU : public Layer {
 public:
  void configure(ConfigReader& config) override { alpha_ = config.number("alpha", 1); }
  KTensors call(CallContext& ctx, const CallInputs& inputs) override { return {{elu(only_tensor(ctx, inputs).value, alpha_), {}}}; }
  bool passes_mask() const override { return true; }
  std::string describe() const override { return fmt::format("ELU(alpha={})", alpha_); }

 private:
  double alpha_ = 1;
};

class LeakyReLU : public Layer {
 public:
  void configure(ConfigReader& config) override {
    slope_ = config.number("alpha", 0.3);  // the name before Keras 3
    slope_ = config.number("negative_slope", slope_);
    if (slope_ < 0) config.fail("negative_slope", fmt::format("{} is negative", slope_));
  }
  KTensors call(CallContext& ctx, const CallInputs& inputs) override { return {{leaky_relu(only_tensor(ctx, inputs).value, slope_), {}}}; }
  bool passes_mask() const override { return true; }
  std::string describe() const override { return fmt::format("LeakyReLU({})", slope_); }

 private:
  double slope_ = 0.3;
};

/// max(x, 0) + alpha * min(x, 0) with a learnt alpha per element, or one for all elements along the shared axes (He et al.).
class PReLU : public Layer {
 public:
  void configure(ConfigReader& config) override {
    initializer_ = config.raw("alpha_initializer");
    regularizer_ = config.raw("alpha_regularizer");
    shared_axes_ = config.integers("shared_axes");
    config.ignore({"alpha_constraint"});
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const Val x = only_tensor(ctx, inputs).value;
    if (x.poisoned()) return {KTensor{}};
    Shape shape(std::vector<Dim>(x.shape().dims.begin() + (x.rank() > 0 ? 1 : 0), x.shape().dims.end()));
    for (int64_t axis : shared_axes_) {
      if (axis < 1 || axis > shape.rank())
        return ctx.fail(fmt::format("shared_axes: {} is not one of the dimensions after the batch of {}", axis,
                                    ir::keras_shape(x.shape())));
      shape[static_cast<int>(axis) - 1] = Dim(1);
    }
    if (!shape.is_static()) return ctx.fail(fmt::format("the dimensions after the batch of {} must be known", ir::keras_shape(x.shape())));
    Val alpha = ctx.read(ctx.weight("alpha", shape, initializer_, regularizer_));
    return {{relu(x) - alpha * relu(-x), {}}};
  }

  bool passes_mask() const override { return true; }

 private:
  Json initializer_, regularizer_;
  std::vector<int64_t> shared_axes_;
};

class ThresholdedReLU : public Layer {
 public:
  void configure(ConfigReader& config) override {
    theta_ = config.number("theta", 1);
    if (theta_ < 0) config.fail("theta", fmt::format("{} is negative", theta_));
  }
  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    return {{threshold(only_tensor(ctx, inputs).value, theta_, 0), {}}};
  }
  bool passes_mask() const override { return true; }
  std::string describe() const override { return fmt::format("ThresholdedReLU(theta={})", theta_); }

 private:
  double theta_ = 1;
};

}  // namespace

const LayerDefinition& layer_ELU() {
  static const LayerDefinition definition{.name = "ELU", .aliases = {}, .create = create_layer<ELU>};
  return definition;
}
const LayerDefinition& layer_LeakyReLU() {
  static const LayerDefinition definition{.name = "LeakyReLU", .aliases = {}, .create = create_layer<LeakyReLU>};
  return definition;
}
const LayerDefinition& layer_PReLU() {
  static const LayerDefinition definition{.name = "PReLU", .aliases = {}, .create = create_layer<PReLU>};
  return definition;
}
const LayerDefinition& layer_ThresholdedReLU() {
  static const LayerDefinition definition{.name = "ThresholdedReLU", .aliases = {}, .create = create_layer<ThresholdedReLU>};
  return definition;
}

}  // namespace keratin
