// Conv1DTranspose, Conv2DTranspose, Conv3DTranspose (keras.layers): the gradient of a convolution with respect to its input, kernel
// (spatial..., filters, channels).
#include <algorithm>
#include <fmt/format.h>

#include "compiler/activations/activation.h"
#include "compiler/layers/checks.h"
#include "compiler/layers/convolution.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/conv_transpose.h"

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
    read_arguments(config, arguments_);
    activation_ = read_activation(config, "activation", "linear");
    config.require("groups", {Json(1)});
    const auto above_one = [](const std::vector<int64_t>& list) { return *std::max_element(list.begin(), list.end()) > 1; };
    if (above_one(strides()) && above_one(arguments_.dilation_rate.values()))
      config.fail("strides", "above 1 together with dilation_rate above 1 are not possible");
    const std::vector<int64_t>& extra = arguments_.output_padding.values();
    for (size_t i = 0; i < extra.size(); ++i)
      if (extra[i] >= strides()[i]) config.fail("output_padding", fmt::format("{} is not below the stride {}", extra[i], strides()[i]));
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    Val x = only_tensor(ctx, inputs, static_cast<int>(kRank) + 2).value;
    if (x.poisoned()) return {KTensor{}};
    if (arguments_.data_format.channels_first()) x = to_channels_last(x);
    ir::ConvGeometry geometry{strides(), arguments_.dilation_rate.values(), {}, {}, 1};
    Shape output{x.dim(0)}, kernel_shape;
    for (size_t i = 0; i < kRank; ++i) {
      const Dim extent = x.dim(static_cast<int>(i) + 1);
      if (!extent.is_static()) return ctx.fail(fmt::format("dimension {} of {} must be known", i + 1, ir::keras_shape(x.shape())));
      const std::vector<int64_t>& extra = arguments_.output_padding.values();
      const TransposedAxis axis =
          transposed_axis(arguments_.padding == "same", ctx.version().keras3(), extent.size, kernel_size()[i], strides()[i],
                          arguments_.dilation_rate.values()[i], extra.empty() ? std::nullopt : std::optional(extra[i]));
      if (axis.length < 1)
        return ctx.fail(fmt::format("the output of {} would have {} elements along spatial axis {}", ir::keras_shape(x.shape()),
                                    axis.length, i));
      geometry.pad_low.push_back(axis.low);
      geometry.pad_high.push_back(axis.high);
      output.dims.push_back(axis.length);
      kernel_shape.dims.push_back(kernel_size()[i]);
    }
    output.dims.push_back(filters());
    kernel_shape.dims.push_back(filters());
    kernel_shape.dims.push_back(x.dim(-1));
    Val kernel = ctx.read(ctx.weight("kernel", kernel_shape, arguments_.kernel_initializer.json(), arguments_.kernel_regularizer.json()));
    Val y = ctx.b.conv_input_grad(x, kernel, geometry, output);
    if (arguments_.use_bias)
      y = y + ctx.read(ctx.weight("bias", {filters()}, arguments_.bias_initializer.json(), arguments_.bias_regularizer.json()));
    y = arguments_.data_format.channels_first() ? to_channels_first(y) : y;
    return {{apply(ctx, activation_, y), {}}};
  }

  std::string describe() const override {
    std::string text = fmt::format("{}({}, {}", class_name, filters(), joined_by_x(kernel_size()));
    if (arguments_.padding.value() != "valid") text += ", " + arguments_.padding.value();
    if (!activation_.is_linear()) text += ", " + activation_.name;
    return text + ")";
  }

 private:
  int64_t filters() const { return arguments_.filters; }
  const std::vector<int64_t>& kernel_size() const { return arguments_.kernel_size.values(); }
  const std::vector<int64_t>& strides() const { return arguments_.strides.values(); }

  layers::ConvTransposeArguments<kRank> arguments_;
  Activation activation_;
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
