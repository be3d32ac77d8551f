// ReLU (keras.layers.ReLU).
#include <fmt/format.h>

#include "compiler/activations/functions.h"
#include "compiler/layers/call_context.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/rectifiers.h"

namespace keratin {

namespace {

class ReLU : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
    const auto& [max_value, slope, threshold] = std::tie(arguments_.max_value, arguments_.negative_slope, arguments_.threshold);
    if (max_value && *max_value < 0) config.fail("max_value", fmt::format("{} is negative", *max_value));
    if (slope < 0) config.fail("negative_slope", fmt::format("{} is negative", slope));
    if (threshold < 0) config.fail("threshold", fmt::format("{} is negative", threshold));
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const KTensors tensors = inputs.tensors();
    if (tensors.size() != 1) return ctx.fail(fmt::format("takes one tensor, got {}", tensors.size()));
    return {{relu(tensors[0].value, arguments_.negative_slope, arguments_.max_value, arguments_.threshold), {}}};
  }

  bool passes_mask() const override { return true; }

 private:
  layers::ReLUArguments arguments_;
};

}  // namespace

const LayerDefinition& layer_ReLU() {
  static const LayerDefinition definition{.name = "ReLU", .aliases = {}, .create = create_layer<ReLU>};
  return definition;
}

}  // namespace keratin
