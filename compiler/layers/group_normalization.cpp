// GroupNormalization (Wu & He; keras.layers.GroupNormalization): statistics of each example over groups of channels.
#include <fmt/format.h>

#include "compiler/layers/checks.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/group_normalization.h"

namespace keratin {

namespace {

class GroupNormalization : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
    const int64_t groups = arguments_.groups;
    if (groups < 1 && groups != -1) config.fail("groups", fmt::format("{} is neither positive nor -1 (as many as channels)", groups));
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const Val x = only_tensor(ctx, inputs).value;
    if (x.poisoned()) return {KTensor{}};
    const std::optional<int> axis = ir::normalize_axis(arguments_.axis, x.rank());
    if (!axis || *axis == 0)
      return ctx.fail(
          fmt::format("axis: {} is not one of the dimensions after the batch of {}", arguments_.axis, ir::keras_shape(x.shape())));
    const Dim channels = x.dim(*axis);
    if (!channels.is_static()) return ctx.fail(fmt::format("axis: dimension {} of {} must be known", *axis, ir::keras_shape(x.shape())));
    const int64_t groups = arguments_.groups == -1 ? channels.size : arguments_.groups;
    if (channels.size % groups != 0) return ctx.fail(fmt::format("groups: {} does not divide {} channels", groups, channels.size));
    Val y = normalize(ctx, x, *axis, groups);
    return {{ctx.b.cast(ctx.b.reshape(y, x.shape()), x.dtype()), {}}};
  }

  bool passes_mask() const override { return true; }
  std::string describe() const override { return fmt::format("GroupNormalization(groups={})", arguments_.groups); }

 private:
  /// The channel axis is split into [groups, channels of a group]; all axes but batch and groups are averaged over.
  Val normalize(CallContext& ctx, Val x, int axis, int64_t groups) {
    ir::Builder& b = ctx.b;
    const int64_t channels = x.dim(axis).size;
    Shape shape = x.shape(), vector = ones_but(x.shape(), {});
    for (Shape* split : {&shape, &vector}) {
      (*split)[axis] = Dim(channels / groups);
      split->dims.insert(split->dims.begin() + axis, Dim(groups));
    }
    std::vector<int> axes;
    for (int i = 1; i < shape.rank(); ++i)
      if (i != axis) axes.push_back(i);
    const DType dtype = x.dtype() == DType::float64 ? DType::float64 : DType::float32;
    Val grouped = b.reshape(b.cast(x, dtype), shape);
    Val centred = grouped - b.mean(grouped, axes, true);
    Val y = centred * rsqrt(b.mean(centred * centred, axes, true) + arguments_.epsilon);
    const auto along = [&](const Weight& weight) { return b.reshape(b.cast(ctx.read(weight), dtype), vector); };
    const auto& a = arguments_;
    if (a.scale) y = y * along(ctx.weight("gamma", {channels}, a.gamma_initializer.json(), a.gamma_regularizer.json()));
    if (a.center) y = y + along(ctx.weight("beta", {channels}, a.beta_initializer.json(), a.beta_regularizer.json()));
    return y;
  }

  layers::GroupNormalizationArguments arguments_;
};

}  // namespace

const LayerDefinition& layer_GroupNormalization() {
  static const LayerDefinition definition{.name = "GroupNormalization", .aliases = {}, .create = create_layer<GroupNormalization>};
  return definition;
}

}  // namespace keratin
