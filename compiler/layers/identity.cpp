// Identity and ActivityRegularization (keras.layers): outputs are the inputs; the latter adds a penalty on them to the loss.
#include <fmt/format.h>

#include "compiler/layers/checks.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/core.h"

namespace keratin {

namespace {

class Identity : public Layer {
 public:
  KTensors call(CallContext&, const CallInputs& inputs) override { return inputs.tensors(); }
};

class ActivityRegularization : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
    activity_regularizer = Json();
    if (arguments_.l1 == 0 && arguments_.l2 == 0) return;
    Json arguments(Json::Object{{"l1", Json(arguments_.l1)}, {"l2", Json(arguments_.l2)}});
    activity_regularizer = Json(Json::Object{{"class_name", Json("L1L2")}, {"config", std::move(arguments)}});
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override { return {{only_tensor(ctx, inputs).value, {}}}; }
  bool passes_mask() const override { return true; }
  std::string describe() const override { return fmt::format("ActivityRegularization(l1={}, l2={})", arguments_.l1, arguments_.l2); }

 private:
  layers::ActivityRegularizationArguments arguments_;
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
