// Dropout (Srivastava et al.; keras.layers.Dropout): the identity in inference.
#include <fmt/format.h>

#include "compiler/layers/call_context.h"
#include "compiler/layers/random.h"

namespace keratin {

namespace {

class Dropout : public Layer {
 public:
  void configure(ConfigReader& config) override {
    rate_ = config.required_number("rate");
    if (rate_ < 0 || rate_ > 1) config.fail("rate", fmt::format("{} is not between 0 and 1", rate_));
    noise_shape_ = config.raw("noise_shape");
    config.ignore({"seed"});
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const KTensors tensors = inputs.tensors();
    if (tensors.size() != 1) return ctx.fail(fmt::format("takes one tensor, got {}", tensors.size()));
    const Val x = tensors[0].value;
    if (!draws_noise(ctx, inputs) || rate_ == 0) return {{x, {}}};
    Shape shape = x.shape();
    if (noise_shape_.is_array()) {
      if (static_cast<int>(noise_shape_.as_array().size()) != x.rank()) return ctx.fail(fmt::format("noise_shape: {} does not fit {}", noise_shape_.dump(), ir::keras_shape(x.shape())));
      for (int i = 0; i < x.rank(); ++i)
        if (const Json& extent = noise_shape_.as_array()[static_cast<size_t>(i)]; extent.is_int()) shape[i] = Dim(extent.as_int());
    }
    return {{drop(ctx, x, rate_, shape), {}}};
  }

  bool passes_mask() const override { return true; }
  std::string describe() const override { return fmt::format("Dropout({}), the identity in inference", rate_); }

 private:
  double rate_ = 0;
  Json noise_shape_;
};

}  // namespace

const LayerDefinition& layer_Dropout() {
  static const LayerDefinition definition{.name = "Dropout", .aliases = {}, .create = create_layer<Dropout>};
  return definition;
}

}  // namespace keratin
