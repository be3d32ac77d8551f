// ELU, LeakyReLU, PReLU, ThresholdedReLU (keras.layers).
#include <fmt/format.h>

#include "compiler/activations/functions.h"
#include "compiler/layers/checks.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/rectifiers.h"

namespace keratin {

namespace {

class ELU : public Layer {
 public:
  void configure(ConfigReader& config) override { read_arguments(config, arguments_); }
  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    return {{elu(only_tensor(ctx, inputs).value, arguments_.alpha), {}}};
  }
  bool passes_mask() const override { return true; }
  std::string describe() const override { return fmt::format("ELU(alpha={})", arguments_.alpha); }

 private:
  layers::ELUArguments arguments_;
};

class LeakyReLU : public Layer {
 public:
  void configure(ConfigReader& config) override {
    arguments_.negative_slope = config.number("alpha", arguments_.negative_slope);  // the name before Keras 3
    read_arguments(config, arguments_);
    if (slope() < 0) config.fail("negative_slope", fmt::format("{} is negative", slope()));
  }
  KTensors call(CallContext& ctx, const CallInputs& inputs) override { return {{leaky_relu(only_tensor(ctx, inputs).value, slope()), {}}}; }
  bool passes_mask() const override { return true; }
  std::string describe() const override { return fmt::format("LeakyReLU({})", slope()); }

 private:
  double slope() const { return arguments_.negative_slope; }

  layers::LeakyReLUArguments arguments_;
};

/// max(x, 0) + alpha * min(x, 0) with a learnt alpha per element, or one for all elements along the shared axes (He et al.).
class PReLU : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const Val x = only_tensor(ctx, inputs).value;
    if (x.poisoned()) return {KTensor{}};
    Shape shape(std::vector<Dim>(x.shape().dims.begin() + (x.rank() > 0 ? 1 : 0), x.shape().dims.end()));
    for (int64_t axis : arguments_.shared_axes.values()) {
      if (axis < 1 || axis > shape.rank())
        return ctx.fail(fmt::format("shared_axes: {} is not one of the dimensions after the batch of {}", axis,
                                    ir::keras_shape(x.shape())));
      shape[static_cast<int>(axis) - 1] = Dim(1);
    }
    if (!shape.is_static()) return ctx.fail(fmt::format("the dimensions after the batch of {} must be known", ir::keras_shape(x.shape())));
    Val alpha = ctx.read(ctx.weight("alpha", shape, arguments_.alpha_initializer.json(), arguments_.alpha_regularizer.json()));
    return {{relu(x) - alpha * relu(-x), {}}};
  }

  bool passes_mask() const override { return true; }

 private:
  layers::PReLUArguments arguments_;
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
