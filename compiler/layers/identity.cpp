// Identity and ActivityRegularization (keras.layers): outputs are the inputs; the latter adds a penalty on them to the loss.
#include <fmt/format.h>

#include "compiler/layers/checks.h"

namespace keratin {

namespace {

class Identity : public Layer {
 public:
  KTensors call(CallContext&, const CallInputs& inputs) override { return inputs.tensors(); }
};

class ActivityRegularization : public Layer {
 public:
  void configure(ConfigReader& config) override {
    l1_ = config.number("l1", 0);
    l2_ = config.number("l2", 0);
    activity_regularizer = Json();
    if (l1_ == 0 && l2_ == 0) return;
    Json arguments(Json::Object{{"l1", Json(l1_)}, {"l2", Json(l2_)}});
    activity_regularizer = Json(Json::Object{{"class_name", Json("L1L2")}, {"config", std::move(arguments)}});
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override { return {{only_tensor(ctx, inputs).value, {}}}; }
  bool passes_mask() const override { return true; }
  std::string describe() const override { return fmt::format("ActivityRegularization(l1={}, l2={})", l1_, l2_); }

 private:
  double l1_ = 0, l2_ = 0;
};

}  // namespace

const LayerDefinition& layer_Identity() {
  static const LayerDefinition definition{.name = "Identity", .aliases = {}, .create = create_layer<Identity>};
  return definition;
}
const LayerDefinition& layer_ActivityRegularization() {
  static const LayerDefinition definition{.name = "ActivityRegularization", .aliases = {}, .create = create_layer<ActivityRegularization>};
  return definition;
}

}  // namespace keratin
