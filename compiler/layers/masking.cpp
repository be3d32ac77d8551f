// Masking (keras.layers.Masking): steps whose features all equal a value are zeroed and masked.
#include <fmt/format.h>

#include "compiler/layers/checks.h"

namespace keratin {

namespace {

class Masking : public Layer {
 public:
  void configure(ConfigReader& config) override { mask_value_ = config.number("mask_value", 0); }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const Val x = only_tensor(ctx, inputs).value;
    if (x.poisoned()) return {KTensor{}};
    ir::Builder& b = ctx.b;
    if (x.rank() < 2)
      return ctx.fail(fmt::format("expected min_ndim=2, found ndim={}. Full shape received: {}", x.rank(), ir::keras_shape(x.shape())));
    Val valid = b.reduce(ir::Reduce::Kind::any, b.compare(ir::Compare::Kind::ne, x, b.number(x.dtype(), mask_value_)), {-1}, true);
    return {{x * b.cast(valid, x.dtype()), b.squeeze(valid, {-1})}};
  }

  std::string describe() const override { return fmt::format("Masking({})", mask_value_); }

 private:
  double mask_value_ = 0;
};

}  // namespace

const LayerDefinition& layer_Masking() {
  static const LayerDefinition definition{.name = "Masking", .aliases = {}, .create = create_layer<Masking>};
  return definition;
}

}  // namespace keratin
