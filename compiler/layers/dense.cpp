// Dense: y = activation(x W + b) over the last axis (keras.layers.Dense).
#include <fmt/format.h>

#include "compiler/activations/activation.h"
#include "compiler/layers/call_context.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/dense.h"

namespace keratin {

namespace {

class Dense : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
    activation_ = read_activation(config, "activation", "linear");
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const KTensors tensors = inputs.tensors();
    if (tensors.size() != 1) return ctx.fail(fmt::format("takes one tensor, got {}", tensors.size()));
    const Val x = tensors[0].value;
    if (x.rank() < 2) return ctx.fail(fmt::format("expected min_ndim=2, found ndim={}. Full shape received: {}", x.rank(), ir::keras_shape(x.shape())));
    const Dim features = x.dim(-1);
    if (!features.is_static()) return ctx.fail(fmt::format("the last dimension of {} must be known", ir::keras_shape(x.shape())));
    const Weight& kernel = ctx.weight("kernel", {features, units()}, arguments_.kernel_initializer.json(), arguments_.kernel_regularizer.json());
    Val y = ctx.b.dense(x, ctx.read(kernel));
    if (arguments_.use_bias) y = y + ctx.read(ctx.weight("bias", {units()}, arguments_.bias_initializer.json(), arguments_.bias_regularizer.json()));
    return {{apply(ctx, activation_, y), {}}};
  }

  bool passes_mask() const override { return true; }
  std::string describe() const override { return activation_.is_linear() ? fmt::format("Dense({})", units()) : fmt::format("Dense({}, {})", units(), activation_.name); }

 private:
  int64_t units() const { return arguments_.units; }

  layers::DenseArguments arguments_;
  Activation activation_;
};

}  // namespace

const LayerDefinition& layer_Dense() {
  static const LayerDefinition definition{.name = "Dense", .aliases = {}, .create = create_layer<Dense>};
  return definition;
}

}  // namespace keratin
