// GlobalAveragePooling1D/2D/3D and GlobalMaxPooling1D/2D/3D (keras.layers); the average over steps honours a mask.
#include "compiler/layers/checks.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/global_pooling.h"

namespace keratin {

namespace {

template <int kRank, bool kMax>
class GlobalPooling : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const KTensor tensor = only_tensor(ctx, inputs, kRank + 2);
    Val x = tensor.value;
    if (x.poisoned()) return {KTensor{}};
    ir::Builder& b = ctx.b;
    const bool channels_first = arguments_.data_format.channels_first();
    std::vector<int> axes;
    for (int i = 0; i < kRank; ++i) axes.push_back(i + (channels_first ? 2 : 1));
    if (kMax) return {{b.max(x, axes, arguments_.keepdims), {}}};
    Val mask = kRank == 1 ? call_mask(inputs, tensor) : Val();
    if (mask.poisoned()) return {{b.mean(x, axes, arguments_.keepdims), {}}};
    Val valid = b.expand_dims(b.cast(mask, x.dtype()), channels_first ? 1 : 2);
    return {{b.sum(x * valid, axes, arguments_.keepdims) / b.sum(valid, axes, arguments_.keepdims), {}}};
  }

 private:
  layers::GlobalPoolingArguments arguments_;
};

}  // namespace

#define KERATIN_GLOBAL_POOLING(Name, Alias, Rank, Max)                                                                                    \
  const LayerDefinition& layer_##Name() {                                                                                                 \
    static const LayerDefinition definition{.name = #Name, .aliases = {#Alias}, .create = create_layer<GlobalPooling<Rank, Max>>};         \
    return definition;                                                                                                                    \
  }
KERATIN_GLOBAL_POOLING(GlobalAveragePooling1D, GlobalAvgPool1D, 1, false)
KERATIN_GLOBAL_POOLING(GlobalAveragePooling2D, GlobalAvgPool2D, 2, false)
KERATIN_GLOBAL_POOLING(GlobalAveragePooling3D, GlobalAvgPool3D, 3, false)
KERATIN_GLOBAL_POOLING(GlobalMaxPooling1D, GlobalMaxPool1D, 1, true)
KERATIN_GLOBAL_POOLING(GlobalMaxPooling2D, GlobalMaxPool2D, 2, true)
KERATIN_GLOBAL_POOLING(GlobalMaxPooling3D, GlobalMaxPool3D, 3, true)
#undef KERATIN_GLOBAL_POOLING

}  // namespace keratin
