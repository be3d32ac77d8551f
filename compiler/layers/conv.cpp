// Conv1D, Conv2D, Conv3D (keras.layers.Conv*): cross-correlation with kernel (spatial..., channels/groups, filters).
#include <algorithm>
#include <fmt/format.h>

#include "compiler/activations/activation.h"
#include "compiler/layers/convolution.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/conv.h"

namespace keratin {

namespace {

template <size_t kRank>
class Conv : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
    activation_ = read_activation(config, "activation", "linear");
    if (filters() % arguments_.groups != 0) config.fail("groups", fmt::format("{} does not divide {} filters", arguments_.groups, filters()));
    const auto above_one = [](const std::vector<int64_t>& list) { return std::any_of(list.begin(), list.end(), [](int64_t v) { return v > 1; }); };
    if (above_one(arguments_.strides.values()) && above_one(arguments_.dilation_rate.values())) config.fail("strides", "above 1 together with dilation_rate above 1 are not possible");
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const KTensors tensors = inputs.tensors();
    if (tensors.size() != 1) return ctx.fail(fmt::format("takes one tensor, got {}", tensors.size()));
    Val x = tensors[0].value;
    if (x.rank() != static_cast<int>(kRank) + 2)
      return ctx.fail(fmt::format("expected {}={}, found ndim={}. Full shape received: {}", x.rank() < static_cast<int>(kRank) + 2 ? "min_ndim" : "ndim", kRank + 2, x.rank(), ir::keras_shape(x.shape())));
    if (arguments_.data_format.channels_first()) x = to_channels_last(x);
    const int64_t channels = x.dim(-1).size;
    if (channels % arguments_.groups != 0) return ctx.fail(fmt::format("groups: {} does not divide {} channels", arguments_.groups, channels));
    ir::ConvGeometry geometry{arguments_.strides.values(), arguments_.dilation_rate.values(), {}, {}, arguments_.groups};
    for (size_t i = 0; i < kRank; ++i) {
      const AxisPadding pads = axis_padding(arguments_.padding.value(), x.dim(static_cast<int>(i) + 1).size, arguments_.kernel_size.values()[i], arguments_.strides.values()[i], arguments_.dilation_rate.values()[i]);
      geometry.pad_low.push_back(pads.low);
      geometry.pad_high.push_back(pads.high);
    }
    Shape kernel_shape;
    for (int64_t extent : arguments_.kernel_size.values()) kernel_shape.dims.push_back(extent);
    kernel_shape.dims.push_back(channels / arguments_.groups);
    kernel_shape.dims.push_back(filters());
    Val y = ctx.b.conv(x, ctx.read(ctx.weight("kernel", kernel_shape, arguments_.kernel_initializer.json(), arguments_.kernel_regularizer.json())), geometry);
    if (arguments_.use_bias) y = y + ctx.read(ctx.weight("bias", {filters()}, arguments_.bias_initializer.json(), arguments_.bias_regularizer.json()));
    y = arguments_.data_format.channels_first() ? to_channels_first(y) : y;
    return {{apply(ctx, activation_, y), {}}};
  }

  std::string describe() const override {
    std::string text = fmt::format("{}({}, {}", class_name, filters(), joined_by_x(arguments_.kernel_size.values()));
    if (arguments_.padding.value() != "valid") text += ", " + arguments_.padding.value();
    if (!activation_.is_linear()) text += ", " + activation_.name;
    return text + ")";
  }

 private:
  int64_t filters() const { return arguments_.filters; }

  layers::ConvArguments<kRank> arguments_;
  Activation activation_;
};

}  // namespace

const LayerDefinition& layer_Conv1D() {
  static const LayerDefinition definition{.name = "Conv1D", .aliases = {"Convolution1D"}, .create = create_layer<Conv<1>>};
  return definition;
}
const LayerDefinition& layer_Conv2D() {
  static const LayerDefinition definition{.name = "Conv2D", .aliases = {"Convolution2D"}, .create = create_layer<Conv<2>>};
  return definition;
}
const LayerDefinition& layer_Conv3D() {
  static const LayerDefinition definition{.name = "Conv3D", .aliases = {"Convolution3D"}, .create = create_layer<Conv<3>>};
  return definition;
}

}  // namespace keratin
