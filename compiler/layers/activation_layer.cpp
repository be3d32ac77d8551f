// Activation (keras.layers.Activation): any activation function as a layer.
#include <fmt/format.h>

#include "compiler/activations/activation.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/core.h"

namespace keratin {

namespace {

class ActivationLayer : public Layer {
 public:
  void configure(ConfigReader& config) override {
    layers::ActivationArguments arguments;
    read_arguments(config, arguments);
    activation_ = read_activation(config, "activation", "linear");
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const KTensors tensors = inputs.tensors();
    if (tensors.size() != 1) return ctx.fail(fmt::format("takes one tensor, got {}", tensors.size()));
    return {{apply(ctx, activation_, tensors[0].value), {}}};
  }

  bool passes_mask() const override { return true; }
  std::string describe() const override { return fmt::format("Activation({})", activation_.name.empty() ? activation_.layer->class_name : activation_.name); }

 private:
  Activation activation_;
};

}  // namespace

const LayerDefinition& layer_Activation() {
  static const LayerDefinition definition{.name = "Activation", .aliases = {}, .create = create_layer<ActivationLayer>};
  return definition;
}

}  // namespace keratin
