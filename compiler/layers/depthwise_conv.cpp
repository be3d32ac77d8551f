// DepthwiseConv1D/2D and SeparableConv1D/2D (keras.layers): every channel is convolved with filters of its own; output channel
// c * multiplier + m.
#include <fmt/format.h>

#include "compiler/activations/activation.h"
#include "compiler/layers/checks.h"
#include "compiler/layers/convolution.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/depthwise_conv.h"

namespace keratin {

namespace {

template <size_t kRank, bool kSeparable>
class DepthwiseConv : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
    activation_ = read_activation(config, "activation", "linear");
    config.require("groups", {Json(1)});
    if (!kSeparable) config.require("filters", {});
    // tf.keras derives these layers from Conv and writes its keys too.
    config.ignore({"kernel_initializer", "kernel_regularizer", "kernel_constraint", "pointwise_initializer", "pointwise_regularizer",
                   "pointwise_constraint"});
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    Val x = only_tensor(ctx, inputs, static_cast<int>(kRank) + 2).value;
    if (x.poisoned()) return {KTensor{}};
    if (arguments_.data_format.channels_first()) x = to_channels_last(x);
    Val y = depthwise(ctx, x);
    if constexpr (kSeparable)
      if (!y.poisoned()) y = pointwise(ctx, y);
    const Json& bias = arguments_.bias_initializer.json();
    if (arguments_.use_bias)
      y = y + ctx.read(ctx.weight("bias", {y.poisoned() ? Dim(1) : y.dim(-1)}, bias, arguments_.bias_regularizer.json()));
    y = arguments_.data_format.channels_first() ? to_channels_first(y) : y;
    return {{apply(ctx, activation_, y), {}}};
  }

  std::string describe() const override {
    std::string text = fmt::format("{}(", class_name);
    if constexpr (kSeparable) text += fmt::format("{}, ", int64_t{arguments_.filters});
    text += joined_by_x(arguments_.kernel_size.values());
    if (arguments_.padding.value() != "valid") text += ", " + arguments_.padding.value();
    if (!activation_.is_linear()) text += ", " + activation_.name;
    return text + ")";
  }

 private:
  /// A convolution with one group per channel; its kernel is Keras's (spatial..., channels, multiplier) under another shape.
  Val depthwise(CallContext& ctx, Val x) {
    const int64_t channels = x.dim(-1).size, multiplier = arguments_.depth_multiplier;
    const std::vector<int64_t>&window = arguments_.kernel_size.values(), &strides = arguments_.strides.values();
    const std::vector<int64_t>& dilation = arguments_.dilation_rate.values();
    ir::ConvGeometry geometry{strides, dilation, {}, {}, channels};
    Shape kernel_shape, grouped;
    for (size_t i = 0; i < kRank; ++i) {
      const Dim extent = x.dim(static_cast<int>(i) + 1);
      const AxisPadding pads = axis_padding(arguments_.padding.value(), extent.size, window[i], strides[i], dilation[i]);
      geometry.pad_low.push_back(pads.low);
      geometry.pad_high.push_back(pads.high);
      kernel_shape.dims.push_back(window[i]);
    }
    grouped = kernel_shape;
    kernel_shape.dims.insert(kernel_shape.dims.end(), {Dim(channels), Dim(multiplier)});
    grouped.dims.insert(grouped.dims.end(), {Dim(1), Dim(channels * multiplier)});
    const char* name = !kSeparable && ctx.version().keras3() ? "kernel" : "depthwise_kernel";
    Val kernel = ctx.read(ctx.weight(name, kernel_shape, arguments_.depthwise_initializer.json(), arguments_.depthwise_regularizer.json()));
    return ctx.b.conv(x, ctx.b.reshape(kernel, grouped), geometry);
  }

  Val pointwise(CallContext& ctx, Val x) {
    Shape kernel_shape(std::vector<Dim>(kRank, Dim(1)));
    kernel_shape.dims.push_back(x.dim(-1));
    kernel_shape.dims.push_back(int64_t{arguments_.filters});
    const std::vector<int64_t> ones(kRank, 1), zeros(kRank, 0);
    const Json& initializer = arguments_.pointwise_initializer.json();
    Val kernel = ctx.read(ctx.weight("pointwise_kernel", kernel_shape, initializer, arguments_.pointwise_regularizer.json()));
    return ctx.b.conv(x, kernel, {ones, ones, zeros, zeros, 1});
  }

  std::conditional_t<kSeparable, layers::SeparableConvArguments<kRank>, layers::DepthwiseConvArguments<kRank>> arguments_;
  Activation activation_;
};

}  // namespace

const LayerDefinition& layer_DepthwiseConv1D() {
  static const LayerDefinition definition{.name = "DepthwiseConv1D", .aliases = {}, .create = create_layer<DepthwiseConv<1, false>>};
  return definition;
}
const LayerDefinition& layer_DepthwiseConv2D() {
  static const LayerDefinition definition{.name = "DepthwiseConv2D", .aliases = {}, .create = create_layer<DepthwiseConv<2, false>>};
  return definition;
}
const LayerDefinition& layer_SeparableConv1D() {
  static const LayerDefinition definition{.name = "SeparableConv1D", .aliases = {"SeparableConvolution1D"},
                                          .create = create_layer<DepthwiseConv<1, true>>};
  return definition;
}
const LayerDefinition& layer_SeparableConv2D() {
  static const LayerDefinition definition{.name = "SeparableConv2D", .aliases = {"SeparableConvolution2D"},
                                          .create = create_layer<DepthwiseConv<2, true>>};
  return definition;
}

}  // namespace keratin
