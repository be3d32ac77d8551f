// LayerScale and CustomScaleLayer, which keras.applications define for themselves.
#include <fmt/format.h>

#include "compiler/layers/checks.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/scale_layers.h"

namespace keratin {

namespace {

/// x * gamma, one factor per channel (Touvron et al.).
class LayerScale : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const Val x = only_tensor(ctx, inputs).value;
    if (x.poisoned()) return {KTensor{}};
    Json config(Json::Object{{"value", Json(double{arguments_.init_values})}});
    Json constant(Json::Object{{"class_name", Json("Constant")}, {"config", std::move(config)}});
    return {{x * ctx.read(ctx.weight("gamma", {channels()}, std::move(constant))), {}}};
  }

  std::string describe() const override { return fmt::format("LayerScale({})", channels()); }

 private:
  int64_t channels() const { return arguments_.projection_dim; }

  layers::LayerScaleArguments arguments_;
};

/// first + scale * second.
class CustomScaleLayer : public Layer {
 public:
  void configure(ConfigReader& config) override { scale_ = config.required_number("scale"); }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const KTensors tensors = inputs.tensors();
    if (tensors.size() != 2) return ctx.fail(fmt::format("should be called on a list of 2 inputs, got {}", tensors.size()));
    return {{tensors[0].value + tensors[1].value * scale_, {}}};
  }

  std::string describe() const override { return fmt::format("CustomScaleLayer({})", scale_); }

 private:
  double scale_ = 1;
};

}  // namespace

const LayerDefinition& layer_LayerScale() {
  static const LayerDefinition definition{.name = "LayerScale", .aliases = {}, .create = create_layer<LayerScale>};
  return definition;
}
const LayerDefinition& layer_CustomScaleLayer() {
  static const LayerDefinition definition{.name = "CustomScaleLayer", .aliases = {}, .create = create_layer<CustomScaleLayer>};
  return definition;
}

}  // namespace keratin
