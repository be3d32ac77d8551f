// GroupNormalization (Wu & He; keras.layers.GroupNormalization): statistics of each example over groups of channels.
#include <fmt/format.h>

#include "compiler/layers/checks.h"

namespace keratin {

namespace {

class GroupNormalization : public Layer {
 public:
  void configure(ConfigReader& config) override {
    groups_ = config.integer("groups", 32);
    if (groups_ < 1 && groups_ != -1) config.fail("groups", fmt::format("{} is neither positive nor -1 (as many as channels)", groups_));
    axis_ = config.integer("axis", -1);
    epsilon_ = config.number("epsilon", 0.001);
    center_ = config.boolean("center", true);
    scale_ = config.boolean("scale", true);
    gamma_initializer_ = config.raw("gamma_initializer");
    gamma_regularizer_ = config.raw("gamma_regularizer");
    beta_initializer_ = config.raw("beta_initializer");
    beta_regularizer_ = config.raw("beta_regularizer");
    config.ignore({"gamma_constraint", "beta_constraint"});
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const Val x = only_tensor(ctx, inputs).value;
    if (x.poisoned()) return {KTensor{}};
    const std::optional<int> axis = ir::normalize_axis(axis_, x.rank());
    if (!axis || *axis == 0)
      return ctx.fail(fmt::format("axis: {} is not one of the dimensions after the batch of {}", axis_, ir::keras_shape(x.shape())));
    const Dim channels = x.dim(*axis);
    if (!channels.is_static()) return ctx.fail(fmt::format("axis: dimension {} of {} must be known", *axis, ir::keras_shape(x.shape())));
    const int64_t groups = groups_ == -1 ? channels.size : groups_;
    if (channels.size % groups != 0) return ctx.fail(fmt::format("groups: {} does not divide {} channels", groups, channels.size));
    Val y = normalize(ctx, x, *axis, groups);
    return {{ctx.b.cast(ctx.b.reshape(y, x.shape()), x.dtype()), {}}};
  }

  bool passes_mask() const override { return true; }
  std::string describe() const override { return fmt::format("GroupNormalization(groups={})", groups_); }

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
    Val y = centred * rsqrt(b.mean(centred * centred, axes, true) + epsilon_);
    const auto along = [&](const Weight& weight) { return b.reshape(b.cast(ctx.read(weight), dtype), vector); };
    if (scale_) y = y * along(ctx.weight("gamma", {channels}, gamma_initializer_, gamma_regularizer_));
    if (center_) y = y + along(ctx.weight("beta", {channels}, beta_initializer_, beta_regularizer_));
    return y;
  }

  int64_t groups_ = 32, axis_ = -1;
  double epsilon_ = 0.001;
  bool center_ = true, scale_ = true;
  Json gamma_initializer_, gamma_regularizer_, beta_initializer_, beta_regularizer_;
};

}  // namespace

const LayerDefinition& layer_GroupNormalization() {
  static const LayerDefinition definition{.name = "GroupNormalization", .aliases = {}, .create = create_layer<GroupNormalization>};
  return definition;
}

}  // namespace keratin
