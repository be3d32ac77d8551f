// SpectralNormalization (Miyato et al.; keras.layers.SpectralNormalization): a layer whose kernel is divided by its largest singular value
// after every training step; in inference the layer itself.
#include <fmt/format.h>

#include "compiler/layers/checks.h"
#include "compiler/layers/random.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/spectral_normalization.h"

namespace keratin {

namespace {

class SpectralNormalization : public Layer {
 public:
  void configure(ConfigReader& config) override {
    layers::SpectralNormalizationArguments arguments;
    read_arguments(config, arguments);
    if (std::shared_ptr<Layer> inner = config.layer("layer")) children.push_back({"layer", std::move(inner)});
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    if (draws_noise(ctx, inputs)) return ctx.fail("SpectralNormalization is supported in inference only");
    Layer& inner = *children[0].layer;
    KTensors outputs = ctx.call_child(inner, inputs);
    for (const auto& weight : inner.weights) {
      if (weight->name != "kernel" && weight->name != "embeddings") continue;
      // The wrapper's group in a file begins with a second copy of the kernel.
      ctx.weight("vector_u", {Dim(1), weight->shape.back()}, {Json(), Json(), false, ir::Role::moving_statistic, {}}).stored_at = 1;
      return outputs;
    }
    return ctx.fail(fmt::format("layer: {} has neither kernel nor embeddings", inner.class_name));
  }

  std::string describe() const override {
    return fmt::format("SpectralNormalization({})", children.empty() ? "" : children[0].layer->describe());
  }
};

}  // namespace

const LayerDefinition& layer_SpectralNormalization() {
  static const LayerDefinition definition{.name = "SpectralNormalization", .aliases = {}, .create = create_layer<SpectralNormalization>,
                                          .note = "inference only"};
  return definition;
}

}  // namespace keratin
