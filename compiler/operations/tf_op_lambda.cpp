// TFOpLambda and SlicingOpLambda (TensorFlow 2.4 to 2.15): a call of a TensorFlow function as a layer; config.function names it.
#include <fmt/format.h>

#include "compiler/operations/tf_functions.h"

namespace keratin {

namespace {

class TfOpLambda : public Layer {
 public:
  void configure(ConfigReader& config) override {
    function_name_ = config.text("function", "");
    function_ = find_tf_function(function_name_);
    if (!function_) config.fail("function", fmt::format("the TensorFlow function {} is not supported", function_name_));
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override { return run_tf_function(*function_, ctx, inputs); }
  bool autocasts() const override { return false; }
  std::string describe() const override { return "tf." + function_name_; }

 private:
  std::string function_name_;
  const TfFunction* function_ = nullptr;
};

}  // namespace

const LayerDefinition& layer_TFOpLambda() {
  static const LayerDefinition definition{.name = "TFOpLambda", .aliases = {"SlicingOpLambda"}, .create = create_layer<TfOpLambda>};
  return definition;
}

}  // namespace keratin
