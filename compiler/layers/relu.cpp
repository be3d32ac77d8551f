// ReLU (keras.layers.ReLU).
#include <fmt/format.h>

#include "compiler/activations/functions.h"
#include "compiler/layers/call_context.h"

namespace keratin {

namespace {

class ReLU : public Layer {
 public:
  void configure(ConfigReader& config) override {
    max_value_ = config.optional_number("max_value");
    negative_slope_ = config.number("negative_slope", 0);
    threshold_ = config.number("threshold", 0);
    if (max_value_ && *max_value_ < 0) config.fail("max_value", fmt::format("{} is negative", *max_value_));
    if (negative_slope_ < 0) config.fail("negative_slope", fmt::format("{} is negative", negative_slope_));
    if (threshold_ < 0) config.fail("threshold", fmt::format("{} is negative", threshold_));
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const KTensors tensors = inputs.tensors();
    if (tensors.size() != 1) return ctx.fail(fmt::format("takes one tensor, got {}", tensors.size()));
    return {{relu(tensors[0].value, negative_slope_, max_value_, threshold_), {}}};
  }

  bool passes_mask() const override { return true; }

 private:
  std::optional<double> max_value_;
  double negative_slope_ = 0, threshold_ = 0;
};

}  // namespace

const LayerDefinition& layer_ReLU() {
  static const LayerDefinition definition{.name = "ReLU", .aliases = {}, .create = create_layer<ReLU>};
  return definition;
}

}  // namespace keratin
