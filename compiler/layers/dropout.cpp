// Dropout (Srivastava et al.; keras.layers.Dropout): the identity in inference.
#include <fmt/format.h>

#include "compiler/layers/call_context.h"
#include "compiler/layers/random.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/dropout.h"

namespace keratin {

namespace {

class Dropout : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
    if (rate() < 0 || rate() > 1) config.fail("rate", fmt::format("{} is not between 0 and 1", rate()));
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const KTensors tensors = inputs.tensors();
    if (tensors.size() != 1) return ctx.fail(fmt::format("takes one tensor, got {}", tensors.size()));
    const Val x = tensors[0].value;
    if (!draws_noise(ctx, inputs) || rate() == 0) return {{x, {}}};
    const std::optional<Shape> shape = noise_shape_for(ctx, x, arguments_.noise_shape);
    if (!shape) return {KTensor{}};
    return {{drop(ctx, x, rate(), *shape), {}}};
  }

  bool passes_mask() const override { return true; }
  std::string describe() const override { return fmt::format("Dropout({}), the identity in inference", rate()); }

 private:
  double rate() const { return arguments_.rate; }

  layers::DropoutArguments arguments_;
};

}  // namespace

const LayerDefinition& layer_Dropout() {
  static const LayerDefinition definition{.name = "Dropout", .aliases = {}, .create = create_layer<Dropout>};
  return definition;
}

}  // namespace keratin
