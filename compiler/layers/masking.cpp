// Masking (keras.layers.Masking): steps whose features all equal a value are zeroed and masked.
#include <fmt/format.h>

#include "compiler/layers/checks.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/core.h"

namespace keratin {

namespace {

class Masking : public Layer {
 public:
  void configure(ConfigReader& config) override { read_arguments(config, arguments_); }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const Val x = only_tensor(ctx, inputs).value;
    if (x.poisoned()) return {KTensor{}};
    ir::Builder& b = ctx.b;
    if (x.rank() < 2)
      return ctx.fail(fmt::format("expected min_ndim=2, found ndim={}. Full shape received: {}", x.rank(), ir::keras_shape(x.shape())));
    const Val masked = b.number(x.dtype(), arguments_.mask_value);
    Val valid = b.reduce(ir::Reduce::Kind::any, b.compare(ir::Compare::Kind::ne, x, masked), {-1}, true);
    return {{x * b.cast(valid, x.dtype()), b.squeeze(valid, {-1})}};
  }

  std::string describe() const override { return fmt::format("Masking({})", arguments_.mask_value); }

 private:
  layers::MaskingArguments arguments_;
};

}  // namespace

const LayerDefinition& layer_Masking() {
  static const LayerDefinition definition{.name = "Masking", .aliases = {}, .create = create_layer<Masking>};
  return definition;
}

}  // namespace keratin
