// Conv1DTranspose, Conv2DTranspose, Conv3DTranspose (keras.layers): the gradient of a convolution with respect to its input, kernel
// (spatial..., filters, channels).
#include <algorithm>
#include <fmt/format.h>

#include "compiler/activations/activation.h"
#include "compiler/layers/checks.h"
#include "compiler/layers/convolution.h"

namespace keratin {

namespace {

struct TransposedAxis {
  int64_t length = 0;           // of the output
  int64_t low = 0, high = 0;    // padding of the convolution that leads back
};

/// Keras's output length and where the inputs land in it. `extra` is the output_padding.
TransposedAxis transposed_axis(bool same, bool keras3, int64_t length, int64_t window, int64_t stride, int64_t dilation,
                               std::optional<int64_t> extra) {
  const int64_t effective = (window - 1) * dilation + 1, reach = (length - 1) * stride + effective;
  TransposedAxis axis;
  if (!same) {
    axis.length = reach + extra.value_or(std::max(effective, stride) - effective);
  } else {
    axis.length = extra ? (length - 1) * stride + effective % 2 + *extra : length * stride;
    if (keras3) {
      const int64_t total = extra ? effective + effective % 2 - 2 + *extra : stride + effective - 2;
      axis.low = effective - 1 - std::min((total + 1) / 2, effective - 1);
    } else {
      axis.low = std::max<int64_t>(reach - axis.length, 0) / 2;
    }
  }
  axis.high = std::max<int64_t>(reach - axis.length - axis.low, 0);
  return axis;
}

template <size_t kRank>
class ConvTranspose : public Layer {
 public:
  void configure(ConfigReader& config) override {
    filters_ = config.required_integer("filters", 1);
    kernel_size_ = config.tuple("kernel_size", kRank, {}, 1);
    strides_ = config.tuple("strides", kRank, {1}, 1);
    dilation_ = config.tuple("dilation_rate", kRank, {1}, 1);
    if (!config.raw("output_padding").is_null()) output_padding_ = config.tuple("output_padding", kRank, {0}, 0);
    padding_ = config.choice("padding", "valid", {"valid", "same"});
    channels_first_ = config.channels_first();
    activation_ = read_activation(config, "activation", "linear");
    use_bias_ = config.boolean("use_bias", true);
    config.require("groups", {Json(1)});
    kernel_initializer_ = config.raw("kernel_initializer");
    bias_initializer_ = config.raw("bias_initializer");
    kernel_regularizer_ = config.raw("kernel_regularizer");
    bias_regularizer_ = config.raw("bias_regularizer");
    config.ignore({"kernel_constraint", "bias_constraint"});
    const auto above_one = [](const std::vector<int64_t>& list) { return *std::max_element(list.begin(), list.end()) > 1; };
    if (above_one(strides_) && above_one(dilation_)) config.fail("strides", "above 1 together with dilation_rate above 1 are not possible");
    for (size_t i = 0; i < output_padding_.size(); ++i)
      if (output_padding_[i] >= strides_[i])
        config.fail("output_padding", fmt::format("{} is not below the stride {}", output_padding_[i], strides_[i]));
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    Val x = only_tensor(ctx, inputs, static_cast<int>(kRank) + 2).value;
    if (x.poisoned()) return {KTensor{}};
    if (channels_first_) x = to_channels_last(x);
    ir::ConvGeometry geometry{strides_, dilation_, {}, {}, 1};
    Shape output{x.dim(0)}, kernel_shape;
    for (size_t i = 0; i < kRank; ++i) {
      const Dim extent = x.dim(static_cast<int>(i) + 1);
      if (!extent.is_static()) return ctx.fail(fmt::format("dimension {} of {} must be known", i + 1, ir::keras_shape(x.shape())));
      const std::optional<int64_t> extra = output_padding_.empty() ? std::nullopt : std::optional(output_padding_[i]);
      const TransposedAxis axis = transposed_axis(padding_ == "same", ctx.version().keras3(), extent.size, kernel_size_[i], strides_[i],
                                                  dilation_[i], extra);
      if (axis.length < 1)
        return ctx.fail(fmt::format("the output of {} would have {} elements along spatial axis {}", ir::keras_shape(x.shape()),
                                    axis.length, i));
      geometry.pad_low.push_back(axis.low);
      geometry.pad_high.push_back(axis.high);
      output.dims.push_back(axis.length);
      kernel_shape.dims.push_back(kernel_size_[i]);
    }
    output.dims.push_back(filters_);
    kernel_shape.dims.push_back(filters_);
    kernel_shape.dims.push_back(x.dim(-1));
    Val kernel = ctx.read(ctx.weight("kernel", kernel_shape, kernel_initializer_, kernel_regularizer_));
    Val y = ctx.b.conv_input_grad(x, kernel, geometry, output);
    if (use_bias_) y = y + ctx.read(ctx.weight("bias", {filters_}, bias_initializer_, bias_regularizer_));
    y = channels_first_ ? to_channels_first(y) : y;
    return {{apply(ctx, activation_, y), {}}};
  }

  std::string describe() const override {
    std::string text = fmt::format("{}({}, {}", class_name, filters_, joined_by_x(kernel_size_));
    if (padding_ != "valid") text += ", " + padding_;
    if (!activation_.is_linear()) text += ", " + activation_.name;
    return text + ")";
  }

 private:
  int64_t filters_ = 1;
  std::vector<int64_t> kernel_size_, strides_, dilation_, output_padding_;
  std::string padding_;
  bool channels_first_ = false, use_bias_ = true;
  Activation activation_;
  Json kernel_initializer_, bias_initializer_, kernel_regularizer_, bias_regularizer_;
};

}  // namespace

const LayerDefinition& layer_Conv1DTranspose() {
  static const LayerDefinition definition{.name = "Conv1DTranspose", .aliases = {"Convolution1DTranspose"},
                                          .create = create_layer<ConvTranspose<1>>};
  return definition;
}
const LayerDefinition& layer_Conv2DTranspose() {
  static const LayerDefinition definition{.name = "Conv2DTranspose", .aliases = {"Convolution2DTranspose"},
                                          .create = create_layer<ConvTranspose<2>>};
  return definition;
}
const LayerDefinition& layer_Conv3DTranspose() {
  static const LayerDefinition definition{.name = "Conv3DTranspose", .aliases = {"Convolution3DTranspose"},
                                          .create = create_layer<ConvTranspose<3>>};
  return definition;
}

}  // namespace keratin
