// Dot (keras.layers.Dot): contracts one axis of each of two tensors, example by example, after an optional L2 normalisation of these axes.
#include <fmt/format.h>

#include "compiler/layers/checks.h"
#include "compiler/layers/merge.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/merge.h"

namespace keratin {

namespace {

class DotLayer : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
    axes_ = arguments_.axes.values();
    if (axes_.size() == 1) axes_.assign(2, int64_t{axes_[0]});
    if (axes_.size() != 2)
      config.fail("axes", arguments_.axes.given() ? fmt::format("has {} numbers, not one or two", axes_.size()) : "is missing");
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    KTensors tensors = inputs.tensors();
    if (tensors.size() != 2) return ctx.fail(fmt::format("should be called on a list of 2 inputs, got {}", tensors.size()));
    if (tensors[0].value.poisoned() || tensors[1].value.poisoned()) return {KTensor{}};
    to_one_dtype(ctx, tensors);
    int axes[2];
    for (size_t i = 0; i < 2; ++i) {
      const Shape shape = tensors[i].value.shape();
      const std::optional<int> axis = ir::normalize_axis(axes_[i], shape.rank());
      if (!axis || *axis == 0)
        return ctx.fail(fmt::format("axes: {} is not one of the dimensions after the batch of {}", axes_[i], ir::keras_shape(shape)));
      axes[i] = *axis;
    }
    Val x = tensors[0].value, y = tensors[1].value;
    if (x.dim(axes[0]) != y.dim(axes[1]))
      return ctx.fail(fmt::format("incompatible input shapes: axis values {} (at axis {}) != {} (at axis {}). Full input shapes: {}, {}",
                                  ir::to_string(x.dim(axes[0])), axes[0],
                                  ir::to_string(y.dim(axes[1])), axes[1], ir::keras_shape(x.shape()), ir::keras_shape(y.shape())));
    if (arguments_.normalize) {
      x = unit(ctx, x, axes[0]);
      y = unit(ctx, y, axes[1]);
    }
    Val product = ctx.b.dot(x, y, {{0}, {0}, {axes[0]}, {axes[1]}});
    if (!product.poisoned() && product.rank() == 1) product = ctx.b.expand_dims(product, -1);
    return {{product, {}}};
  }

  std::string describe() const override { return fmt::format("Dot(axes=({}, {}))", axes_[0], axes_[1]); }

 private:
  /// The squared norm is at least 1e-14 (Keras 3) or 1e-12 (before).
  static Val unit(CallContext& ctx, Val x, int axis) {
    return x * rsqrt(maximum(ctx.b.sum(x * x, {axis}, true), ctx.version().keras3() ? 1e-14 : 1e-12));
  }

  layers::DotArguments arguments_;
  std::vector<int64_t> axes_;
};

}  // namespace

const LayerDefinition& layer_Dot() {
  static const LayerDefinition definition{.name = "Dot", .aliases = {}, .create = create_layer<DotLayer>};
  return definition;
}

}  // namespace keratin
