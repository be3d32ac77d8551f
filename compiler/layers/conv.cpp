// Conv1D, Conv2D, Conv3D (keras.layers.Conv*): cross-correlation with kernel (spatial..., channels/groups, filters).
#include <algorithm>
#include <fmt/format.h>

#include "compiler/activations/activation.h"
#include "compiler/layers/convolution.h"

namespace keratin {

namespace {

template <size_t kRank>
class Conv : public Layer {
 public:
  void configure(ConfigReader& config) override {
    filters_ = config.required_integer("filters", 1);
    kernel_size_ = config.tuple("kernel_size", kRank, {}, 1);
    strides_ = config.tuple("strides", kRank, {1}, 1);
    dilation_ = config.tuple("dilation_rate", kRank, {1}, 1);
    padding_ = kRank == 1 ? config.choice("padding", "valid", {"valid", "same", "causal"}) : config.choice("padding", "valid", {"valid", "same"});
    channels_first_ = config.channels_first();
    groups_ = config.integer("groups", 1, 1);
    activation_ = read_activation(config, "activation", "linear");
    use_bias_ = config.boolean("use_bias", true);
    kernel_initializer_ = config.raw("kernel_initializer");
    bias_initializer_ = config.raw("bias_initializer");
    kernel_regularizer_ = config.raw("kernel_regularizer");
    bias_regularizer_ = config.raw("bias_regularizer");
    config.ignore({"kernel_constraint", "bias_constraint"});
    if (filters_ % groups_ != 0) config.fail("groups", fmt::format("{} does not divide {} filters", groups_, filters_));
    const auto above_one = [](const std::vector<int64_t>& list) { return std::any_of(list.begin(), list.end(), [](int64_t v) { return v > 1; }); };
    if (above_one(strides_) && above_one(dilation_)) config.fail("strides", "above 1 together with dilation_rate above 1 are not possible");
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const KTensors tensors = inputs.tensors();
    if (tensors.size() != 1) return ctx.fail(fmt::format("takes one tensor, got {}", tensors.size()));
    Val x = tensors[0].value;
    if (x.rank() != static_cast<int>(kRank) + 2)
      return ctx.fail(fmt::format("expected ndim={}, found ndim={}. Full shape received: {}", kRank + 2, x.rank(), ir::keras_shape(x.shape())));
    if (channels_first_) x = to_channels_last(x);
    const int64_t channels = x.dim(-1).size;
    if (channels % groups_ != 0) return ctx.fail(fmt::format("groups: {} does not divide {} channels", groups_, channels));
    ir::ConvGeometry geometry{strides_, dilation_, {}, {}, groups_};
    for (size_t i = 0; i < kRank; ++i) {
      const AxisPadding pads = axis_padding(padding_, x.dim(static_cast<int>(i) + 1).size, kernel_size_[i], strides_[i], dilation_[i]);
      geometry.pad_low.push_back(pads.low);
      geometry.pad_high.push_back(pads.high);
    }
    Shape kernel_shape;
    for (int64_t extent : kernel_size_) kernel_shape.dims.push_back(extent);
    kernel_shape.dims.push_back(channels / groups_);
    kernel_shape.dims.push_back(filters_);
    Val y = ctx.b.conv(x, ctx.read(ctx.weight("kernel", kernel_shape, kernel_initializer_, kernel_regularizer_)), geometry);
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
  int64_t filters_ = 1, groups_ = 1;
  std::vector<int64_t> kernel_size_, strides_, dilation_;
  std::string padding_;
  bool channels_first_ = false, use_bias_ = true;
  Activation activation_;
  Json kernel_initializer_, bias_initializer_, kernel_regularizer_, bias_regularizer_;
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
