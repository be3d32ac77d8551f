// DepthwiseConv1D/2D and SeparableConv1D/2D (keras.layers): every channel is convolved with filters of its own; output channel
// c * multiplier + m.
#include <fmt/format.h>

#include "compiler/activations/activation.h"
#include "compiler/layers/checks.h"
#include "compiler/layers/convolution.h"

namespace keratin {

namespace {

template <size_t kRank, bool kSeparable>
class DepthwiseConv : public Layer {
 public:
  void configure(ConfigReader& config) override {
    if (kSeparable) filters_ = config.required_integer("filters", 1);
    kernel_size_ = config.tuple("kernel_size", kRank, {}, 1);
    strides_ = config.tuple("strides", kRank, {1}, 1);
    dilation_ = config.tuple("dilation_rate", kRank, {1}, 1);
    multiplier_ = config.integer("depth_multiplier", 1, 1);
    padding_ = kRank == 1 ? config.choice("padding", "valid", {"valid", "same", "causal"})
                          : config.choice("padding", "valid", {"valid", "same"});
    channels_first_ = config.channels_first();
    activation_ = read_activation(config, "activation", "linear");
    use_bias_ = config.boolean("use_bias", true);
    depthwise_initializer_ = config.raw("depthwise_initializer");
    depthwise_regularizer_ = config.raw("depthwise_regularizer");
    pointwise_initializer_ = config.raw("pointwise_initializer");
    pointwise_regularizer_ = config.raw("pointwise_regularizer");
    bias_initializer_ = config.raw("bias_initializer");
    bias_regularizer_ = config.raw("bias_regularizer");
    config.require("groups", {Json(1)});
    if (!kSeparable) config.require("filters", {});
    // tf.keras derives these layers from Conv and writes its keys too.
    config.ignore({"kernel_initializer", "kernel_regularizer", "kernel_constraint", "depthwise_constraint", "pointwise_constraint",
                   "bias_constraint"});
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    Val x = only_tensor(ctx, inputs, static_cast<int>(kRank) + 2).value;
    if (x.poisoned()) return {KTensor{}};
    if (channels_first_) x = to_channels_last(x);
    Val y = depthwise(ctx, x);
    if (kSeparable && !y.poisoned()) y = pointwise(ctx, y);
    if (use_bias_) y = y + ctx.read(ctx.weight("bias", {y.poisoned() ? Dim(1) : y.dim(-1)}, bias_initializer_, bias_regularizer_));
    y = channels_first_ ? to_channels_first(y) : y;
    return {{apply(ctx, activation_, y), {}}};
  }

  std::string describe() const override {
    std::string text = fmt::format("{}(", class_name);
    if (kSeparable) text += fmt::format("{}, ", filters_);
    text += joined_by_x(kernel_size_);
    if (padding_ != "valid") text += ", " + padding_;
    if (!activation_.is_linear()) text += ", " + activation_.name;
    return text + ")";
  }

 private:
  /// A convolution with one group per channel; its kernel is Keras's (spatial..., channels, multiplier) under another shape.
  Val depthwise(CallContext& ctx, Val x) {
    const int64_t channels = x.dim(-1).size;
    ir::ConvGeometry geometry{strides_, dilation_, {}, {}, channels};
    Shape kernel_shape, grouped;
    for (size_t i = 0; i < kRank; ++i) {
      const Dim extent = x.dim(static_cast<int>(i) + 1);
      const AxisPadding pads = axis_padding(padding_, extent.size, kernel_size_[i], strides_[i], dilation_[i]);
      geometry.pad_low.push_back(pads.low);
      geometry.pad_high.push_back(pads.high);
      kernel_shape.dims.push_back(kernel_size_[i]);
    }
    grouped = kernel_shape;
    kernel_shape.dims.insert(kernel_shape.dims.end(), {Dim(channels), Dim(multiplier_)});
    grouped.dims.insert(grouped.dims.end(), {Dim(1), Dim(channels * multiplier_)});
    const char* name = !kSeparable && ctx.version().keras3() ? "kernel" : "depthwise_kernel";
    Val kernel = ctx.read(ctx.weight(name, kernel_shape, depthwise_initializer_, depthwise_regularizer_));
    return ctx.b.conv(x, ctx.b.reshape(kernel, grouped), geometry);
  }

  Val pointwise(CallContext& ctx, Val x) {
    Shape kernel_shape(std::vector<Dim>(kRank, Dim(1)));
    kernel_shape.dims.push_back(x.dim(-1));
    kernel_shape.dims.push_back(filters_);
    const std::vector<int64_t> ones(kRank, 1), zeros(kRank, 0);
    Val kernel = ctx.read(ctx.weight("pointwise_kernel", kernel_shape, pointwise_initializer_, pointwise_regularizer_));
    return ctx.b.conv(x, kernel, {ones, ones, zeros, zeros, 1});
  }

  int64_t filters_ = 1, multiplier_ = 1;
  std::vector<int64_t> kernel_size_, strides_, dilation_;
  std::string padding_;
  bool channels_first_ = false, use_bias_ = true;
  Activation activation_;
  Json depthwise_initializer_, depthwise_regularizer_, pointwise_initializer_, pointwise_regularizer_, bias_initializer_, bias_regularizer_;
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
