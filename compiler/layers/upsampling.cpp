// UpSampling1D/2D/3D (keras.layers): repeats steps, rows, columns, planes; UpSampling2D also interpolates.
#include <fmt/format.h>

#include "compiler/layers/checks.h"
#include "compiler/layers/convolution.h"
#include "compiler/layers/read_arguments.h"
#include "compiler/layers/resize.h"
#include "keratin/layers/upsampling.h"

namespace keratin {

namespace {

template <size_t kRank>
class UpSampling : public Layer {
 public:
  void configure(ConfigReader& config) override {
    if constexpr (kRank == 1) {
      layers::UpSampling1DArguments arguments;
      read_arguments(config, arguments);
      size_ = {arguments.size};
    } else {
      std::conditional_t<kRank == 2, layers::UpSampling2DArguments, layers::UpSampling3DArguments> arguments;
      read_arguments(config, arguments);
      size_ = arguments.size.values();
      channels_first_ = arguments.data_format.channels_first();
      if constexpr (kRank == 2) interpolation_ = arguments.interpolation.value();
    }
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    Val x = only_tensor(ctx, inputs, static_cast<int>(kRank) + 2).value;
    if (x.poisoned()) return {KTensor{}};
    const int first = channels_first_ ? 2 : 1;
    if (interpolation_ == "nearest") {
      for (size_t i = 0; i < kRank; ++i) x = ctx.b.repeat(x, size_[i], first + static_cast<int>(i));
      return {{x, {}}};
    }
    ResizeOptions options{.interpolation = interpolation_};
    options.corner_aligned = !ctx.version().keras3() && !ctx.version().tensorflow;
    for (int axis : {first, first + 1})
      if (!x.dim(axis).is_static()) return ctx.fail(fmt::format("dimension {} of {} must be known", axis, ir::keras_shape(x.shape())));
    return {{resize(x, first, x.dim(first).size * size_[0], x.dim(first + 1).size * size_[kRank > 1 ? 1 : 0], options), {}}};
  }

  std::string describe() const override {
    return interpolation_ == "nearest" ? fmt::format("{}({})", class_name, joined_by_x(size_))
                                       : fmt::format("{}({}, {})", class_name, joined_by_x(size_), interpolation_);
  }

 private:
  std::vector<int64_t> size_;
  std::string interpolation_ = "nearest";
  bool channels_first_ = false;
};

}  // namespace

const LayerDefinition& layer_UpSampling1D() {
  static const LayerDefinition definition{.name = "UpSampling1D", .aliases = {}, .create = create_layer<UpSampling<1>>};
  return definition;
}
const LayerDefinition& layer_UpSampling2D() {
  static const LayerDefinition definition{.name = "UpSampling2D", .aliases = {}, .create = create_layer<UpSampling<2>>};
  return definition;
}
const LayerDefinition& layer_UpSampling3D() {
  static const LayerDefinition definition{.name = "UpSampling3D", .aliases = {}, .create = create_layer<UpSampling<3>>};
  return definition;
}

}  // namespace keratin
