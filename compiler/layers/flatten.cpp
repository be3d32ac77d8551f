// Flatten (keras.layers.Flatten): all axes but the batch become one; channels_first data are flattened channels last.
#include <fmt/format.h>

#include "compiler/layers/convolution.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/shape_layers.h"

namespace keratin {

namespace {

class Flatten : public Layer {
 public:
  void configure(ConfigReader& config) override { read_arguments(config, arguments_); }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const KTensors tensors = inputs.tensors();
    if (tensors.size() != 1) return ctx.fail(fmt::format("takes one tensor, got {}", tensors.size()));
    Val x = tensors[0].value;
    if (x.rank() < 1) return ctx.fail(fmt::format("expected min_ndim=1, found ndim={}", x.rank()));
    if (arguments_.data_format.channels_first() && x.rank() > 2) x = to_channels_last(x);
    int64_t features = 1;
    for (int axis = 1; axis < x.rank(); ++axis) features *= x.dim(axis).size;
    return {{ctx.b.reshape(x, {x.dim(0), features}), {}}};
  }

 private:
  layers::FlattenArguments arguments_;
};

}  // namespace

const LayerDefinition& layer_Flatten() {
  static const LayerDefinition definition{.name = "Flatten", .aliases = {}, .create = create_layer<Flatten>};
  return definition;
}

}  // namespace keratin
