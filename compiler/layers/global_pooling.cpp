// GlobalAveragePooling1D/2D/3D and GlobalMaxPooling1D/2D/3D (keras.layers); the average over steps honours a mask.
#include "compiler/layers/checks.h"

namespace keratin {

namespace {

template <int kRank, bool kMax>
class GlobalPooling : public Layer {
 public:
  void configure(ConfigReader& config) override {
    channels_first_ = config.channels_first();
    keepdims_ = config.boolean("keepdims", false);
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const KTensor tensor = only_tensor(ctx, inputs, kRank + 2);
    Val x = tensor.value;
    if (x.poisoned()) return {KTensor{}};
    ir::Builder& b = ctx.b;
    std::vector<int> axes;
    for (int i = 0; i < kRank; ++i) axes.push_back(i + (channels_first_ ? 2 : 1));
    if (kMax) return {{b.max(x, axes, keepdims_), {}}};
    Val mask = kRank == 1 ? call_mask(inputs, tensor) : Val();
    if (mask.poisoned()) return {{b.mean(x, axes, keepdims_), {}}};
    Val valid = b.expand_dims(b.cast(mask, x.dtype()), channels_first_ ? 1 : 2);
    return {{b.sum(x * valid, axes, keepdims_) / b.sum(valid, axes, keepdims_), {}}};
  }

 private:
  bool channels_first_ = false, keepdims_ = false;
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
