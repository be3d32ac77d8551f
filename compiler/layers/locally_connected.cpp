// LocallyConnected1D/2D (Keras 1 to tf.keras 2): a convolution with a kernel of its own at every place:
// (places, cells * channels, filters).
#include <fmt/format.h>

#include "compiler/activations/activation.h"
#include "compiler/layers/checks.h"
#include "compiler/layers/convolution.h"

namespace keratin {

namespace {

template <size_t kRank>
class LocallyConnected : public Layer {
 public:
  void configure(ConfigReader& config) override {
    filters_ = config.required_integer("filters", 1);
    kernel_size_ = config.tuple("kernel_size", kRank, {}, 1);
    strides_ = config.tuple("strides", kRank, {1}, 1);
    config.require("padding", {Json("valid")});
    config.require("implementation", {Json(1)});  // others store their kernels in other shapes
    config.require("data_format", {Json("channels_last")});
    activation_ = read_activation(config, "activation", "linear");
    use_bias_ = config.boolean("use_bias", true);
    kernel_initializer_ = config.raw("kernel_initializer");
    bias_initializer_ = config.raw("bias_initializer");
    kernel_regularizer_ = config.raw("kernel_regularizer");
    bias_regularizer_ = config.raw("bias_regularizer");
    config.ignore({"kernel_constraint", "bias_constraint"});
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const Val x = only_tensor(ctx, inputs, static_cast<int>(kRank) + 2).value;
    if (x.poisoned()) return {KTensor{}};
    ir::Builder& b = ctx.b;
    int64_t places = 1, features = x.dim(-1).size;
    Shape output{x.dim(0)}, bias_shape;
    for (size_t i = 0; i < kRank; ++i) {
      const Dim extent = x.dim(static_cast<int>(i) + 1);
      if (!extent.is_static() || extent.size < kernel_size_[i])
        return ctx.fail(fmt::format("a kernel of {} does not fit into {}", joined_by_x(kernel_size_), ir::keras_shape(x.shape())));
      bias_shape.dims.push_back((extent.size - kernel_size_[i]) / strides_[i] + 1);
      places *= bias_shape.back().size;
      features *= kernel_size_[i];
    }
    bias_shape.dims.push_back(filters_);
    output.dims.insert(output.dims.end(), bias_shape.dims.begin(), bias_shape.dims.end());
    Val patches = b.reshape(gather_patches(b, x, bias_shape), {x.dim(0), Dim(places), Dim(features)});
    Val kernel = ctx.read(ctx.weight("kernel", {places, features, filters_}, kernel_initializer_, kernel_regularizer_));
    Val y = b.dot(patches, kernel, {{1}, {0}, {2}, {1}});  // [places, n, filters]
    y = b.reshape(b.transpose(y, {1, 0, 2}), output);
    if (use_bias_) y = y + ctx.read(ctx.weight("bias", bias_shape, bias_initializer_, bias_regularizer_));
    return {{apply(ctx, activation_, y), {}}};
  }

  std::string describe() const override { return fmt::format("{}({}, {})", class_name, filters_, joined_by_x(kernel_size_)); }

 private:
  /// [n, places..., cells * channels]: one strided slice per cell of the kernel, row-major.
  Val gather_patches(ir::Builder& b, Val x, const Shape& places) const {
    int64_t cells = 1;
    for (int64_t extent : kernel_size_) cells *= extent;
    Vals parts;
    for (int64_t cell = 0; cell < cells; ++cell) {
      Val part = x;
      int64_t rest = cell;
      for (size_t i = kRank; i-- > 0;) {
        const int64_t offset = rest % kernel_size_[i];
        rest /= kernel_size_[i];
        part = b.slice(part, static_cast<int>(i) + 1, offset, offset + (places[static_cast<int>(i)].size - 1) * strides_[i] + 1,
                       strides_[i]);
      }
      parts.push_back(part);
    }
    return b.concatenate(parts, -1);
  }

  int64_t filters_ = 1;
  std::vector<int64_t> kernel_size_, strides_;
  bool use_bias_ = true;
  Activation activation_;
  Json kernel_initializer_, bias_initializer_, kernel_regularizer_, bias_regularizer_;
};

}  // namespace

const LayerDefinition& layer_LocallyConnected1D() {
  static const LayerDefinition definition{.name = "LocallyConnected1D", .aliases = {}, .create = create_layer<LocallyConnected<1>>,
                                          .note = "implementation 1, channels_last"};
  return definition;
}
const LayerDefinition& layer_LocallyConnected2D() {
  static const LayerDefinition definition{.name = "LocallyConnected2D", .aliases = {}, .create = create_layer<LocallyConnected<2>>,
                                          .note = "implementation 1, channels_last"};
  return definition;
}

}  // namespace keratin
