// Dense: y = activation(x W + b) over the last axis (keras.layers.Dense).
#include <fmt/format.h>

#include "compiler/activations/activation.h"
#include "compiler/layers/call_context.h"

namespace keratin {

namespace {

class Dense : public Layer {
 public:
  void configure(ConfigReader& config) override {
    units_ = config.required_integer("units", 1);
    use_bias_ = config.boolean("use_bias", true);
    activation_ = read_activation(config, "activation", "linear");
    kernel_initializer_ = config.raw("kernel_initializer");
    bias_initializer_ = config.raw("bias_initializer");
    kernel_regularizer_ = config.raw("kernel_regularizer");
    bias_regularizer_ = config.raw("bias_regularizer");
    config.ignore({"kernel_constraint", "bias_constraint"});
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const KTensors tensors = inputs.tensors();
    if (tensors.size() != 1) return ctx.fail(fmt::format("takes one tensor, got {}", tensors.size()));
    const Val x = tensors[0].value;
    if (x.rank() < 2) return ctx.fail(fmt::format("expected min_ndim=2, found ndim={}. Full shape received: {}", x.rank(), ir::keras_shape(x.shape())));
    const Dim features = x.dim(-1);
    if (!features.is_static()) return ctx.fail(fmt::format("the last dimension of {} must be known", ir::keras_shape(x.shape())));
    const Weight& kernel = ctx.weight("kernel", {features, units_}, kernel_initializer_, kernel_regularizer_);
    Val y = ctx.b.dense(x, ctx.read(kernel));
    if (use_bias_) y = y + ctx.read(ctx.weight("bias", {units_}, bias_initializer_, bias_regularizer_));
    return {{apply(ctx, activation_, y), {}}};
  }

  bool passes_mask() const override { return true; }
  std::string describe() const override { return activation_.is_linear() ? fmt::format("Dense({})", units_) : fmt::format("Dense({}, {})", units_, activation_.name); }

 private:
  int64_t units_ = 1;
  bool use_bias_ = true;
  Activation activation_;
  Json kernel_initializer_, bias_initializer_, kernel_regularizer_, bias_regularizer_;
};

}  // namespace

const LayerDefinition& layer_Dense() {
  static const LayerDefinition definition{.name = "Dense", .aliases = {}, .create = create_layer<Dense>};
  return definition;
}

}  // namespace keratin
