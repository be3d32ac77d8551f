// Softmax (keras.layers.Softmax): over one axis or several jointly; an optional mask leaves elements out.
#include <fmt/format.h>

#include "compiler/activations/functions.h"
#include "compiler/layers/checks.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/softmax_layer.h"

namespace keratin {

namespace {

class SoftmaxLayer : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
    if (listed().empty()) arguments_.axis = -1;
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const KTensor tensor = only_tensor(ctx, inputs);
    Val x = tensor.value;
    if (x.poisoned()) return {KTensor{}};
    const std::optional<std::vector<int>> axes = counted_axes(ctx, listed(), x.shape());
    if (!axes) return {KTensor{}};
    ir::Builder& b = ctx.b;
    Val mask = call_mask(inputs, tensor);
    if (mask.poisoned()) return {{softmax(x, *axes), {}}};
    const double far = x.dtype() == DType::float16 ? -3e4 : -1e9;
    // tf.keras adds the large number, so that a row masked as a whole keeps its distribution; Keras 3 gives zeros there.
    if (!ctx.version().keras3()) return {{softmax(x + (1.0 - b.cast(mask, x.dtype())) * far, *axes), {}}};
    if (mask.dtype() != DType::boolean) mask = greater(mask, 0.5);
    x = b.select(mask, x, b.number(x.dtype(), far));
    return {{b.select(mask, softmax(x, *axes), b.number(x.dtype(), 0)), {}}};
  }

  bool passes_mask() const override { return true; }
  std::string describe() const override { return listed().size() == 1 ? fmt::format("Softmax(axis={})", listed()[0]) : "Softmax"; }

 private:
  const std::vector<int64_t>& listed() const { return arguments_.axis.values(); }

  layers::SoftmaxArguments arguments_;
};

}  // namespace

const LayerDefinition& layer_Softmax() {
  static const LayerDefinition definition{.name = "Softmax", .aliases = {}, .create = create_layer<SoftmaxLayer>};
  return definition;
}

}  // namespace keratin
