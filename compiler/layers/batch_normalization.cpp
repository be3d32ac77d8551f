// BatchNormalization (Ioffe & Szegedy; keras.layers.BatchNormalization): axis = the axis that is kept, in tf.keras also several.
#include <algorithm>
#include <fmt/format.h>

#include "compiler/layers/checks.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/batch_normalization.h"

namespace keratin {

namespace {

class BatchNormalization : public Layer {
 public:
  void configure(ConfigReader& config) override {
    // tf.keras writes the axis as a list of one.
    read_arguments(config, arguments_);
    const size_t axes = arguments_.axis.values().size();
    if (axes == 0) arguments_.axis = -1;
    if (axes > 1 && config.version().keras3()) config.fail("axis", fmt::format("takes one number, got {}", axes));
    config.require("renorm", {Json(false)});
    config.require("synchronized", {Json(false)});
    config.ignore({"renorm_clipping", "renorm_momentum", "fused", "virtual_batch_size", "adjustment"});
    const auto& a = arguments_;
    gamma_ = {a.gamma_initializer.json(), a.gamma_regularizer.json(), true, ir::Role::weight, DType::float32};
    beta_ = {a.beta_initializer.json(), a.beta_regularizer.json(), true, ir::Role::weight, DType::float32};
    mean_ = {a.moving_mean_initializer.json(), {}, false, ir::Role::moving_statistic, DType::float32};
    variance_ = {a.moving_variance_initializer.json(), {}, false, ir::Role::moving_statistic, DType::float32};
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const KTensors tensors = inputs.tensors();
    if (tensors.size() != 1) return ctx.fail(fmt::format("takes one tensor, got {}", tensors.size()));
    const Val x = tensors[0].value;
    if (x.poisoned()) return {KTensor{}};
    const std::optional<std::vector<int>> axes = counted_axes(ctx, arguments_.axis.values(), x.shape());
    if (!axes) return {KTensor{}};
    // A vector along one axis; with several, weights have the rank of x.
    const Shape along = ones_but(x.shape(), *axes), extent = axes->size() == 1 ? extents_of(x.shape(), *axes) : along;
    if (!extent.is_static()) return ctx.fail(fmt::format("Shapes used to initialize variables must be fully-defined (no `None` dimensions). Received: shape={} for variable path='{}/gamma'", ir::keras_shape(extent), ctx.path()));
    const DType statistics = dtype.variable == DType::float64 ? DType::float64 : DType::float32;
    for (CallContext::WeightOptions* options : {&gamma_, &beta_, &mean_, &variance_}) options->dtype = statistics;
    const Weight* gamma = arguments_.scale ? &ctx.weight("gamma", extent, gamma_) : nullptr;
    const Weight* beta = arguments_.center ? &ctx.weight("beta", extent, beta_) : nullptr;
    const Weight& moving_mean = ctx.weight("moving_mean", extent, mean_);
    const Weight& moving_variance = ctx.weight("moving_variance", extent, variance_);

    // float16 is normalised in float32.
    Val input = ctx.b.cast(x, statistics);
    Val mean = ctx.read_exact(moving_mean), variance = ctx.read_exact(moving_variance);
    if (trains(ctx, inputs))
      std::tie(mean, variance) = batch_statistics(ctx, inputs, tensors[0], input, *axes, moving_mean, moving_variance);

    // y = x * scale + offset: two vectors that depend on weights alone, so that inference folds them into the producer.
    Val scale = rsqrt(variance + arguments_.epsilon);
    if (gamma) scale = scale * ctx.read_exact(*gamma);
    Val offset = -mean * scale;
    if (beta) offset = offset + ctx.read_exact(*beta);
    Val y = input * ctx.b.reshape(scale, along) + ctx.b.reshape(offset, along);
    return {{ctx.b.cast(y, x.dtype()), {}}};
  }

  bool passes_mask() const override { return true; }

 private:
  /// Frozen layers use the moving statistics (tf.keras 2 and Keras 3); in Keras 2.0-2.3 they still use the batch's.
  bool trains(CallContext& ctx, const CallInputs& inputs) const {
    const CallValue* flag = inputs.find("training");
    if (flag && flag->constant() && flag->constant()->is_bool() && !flag->constant()->as_bool()) return false;
    return ctx.training() && (trainable || (ctx.version().keras2() && !ctx.version().tensorflow));
  }

  /// Mean and biased variance over all other axes, weighted by the mask, and the updates of the moving averages.
  std::pair<Val, Val> batch_statistics(CallContext& ctx, const CallInputs& inputs, const KTensor& tensor, Val x,
                                       const std::vector<int>& kept, const Weight& moving_mean, const Weight& moving_variance) {
    ir::Builder& b = ctx.b;
    std::vector<int> axes;
    for (int i = 0; i < x.rank(); ++i)
      if (!contains(kept, i)) axes.push_back(i);
    Val mask = call_mask(inputs, tensor);
    Val mean, variance;
    if (mask.poisoned()) {
      mean = b.mean(x, axes, true);
      Val centred = x - mean;
      variance = b.mean(centred * centred, axes, true);
    } else {
      Val weights = b.cast(mask, x.dtype());
      while (!weights.poisoned() && weights.rank() < x.rank()) weights = b.expand_dims(weights, -1);
      weights = b.broadcast(weights, x.shape());
      Val total = b.sum(weights, axes, true) + 1e-7;
      mean = b.sum(x * weights, axes, true) / total;
      Val centred = x - mean;
      variance = b.sum(centred * centred * weights, axes, true) / total;
    }
    mean = b.reshape(mean, moving_mean.shape);
    variance = b.reshape(variance, moving_mean.shape);
    const auto blend = [&](const Weight& moving, Val batch) {
      ctx.update(moving, ctx.read_exact(moving) * arguments_.momentum + stop_gradient(batch) * (1 - arguments_.momentum));
    };
    blend(moving_mean, mean);
    blend(moving_variance, corrected(ctx, x, kept, variance));
    return {mean, variance};
  }

  /// tf.keras's fused rank-4 kernel stores n/(n-1) times the variance, Keras 2.0-2.3 n/(n-(1+epsilon)).
  Val corrected(CallContext& ctx, Val x, const std::vector<int>& kept, Val variance) const {
    const bool fused = ctx.version().tensorflow && x.rank() == 4 && kept.size() == 1 && (kept[0] == 3 || kept[0] == 1);
    const bool standalone = ctx.version().keras2() && !ctx.version().tensorflow;
    if (!fused && !standalone) return variance;
    int64_t fixed = 1;
    Val count;
    for (int i = 0; i < x.rank(); ++i) {
      if (contains(kept, i)) continue;
      if (x.dim(i).is_static()) fixed *= x.dim(i).size;
      else count = ctx.b.size(x.dim(i), variance.dtype());
    }
    Val n = count.poisoned() ? ctx.b.number(variance.dtype(), static_cast<double>(fixed)) : count * static_cast<double>(fixed);
    return variance * (n / (n - (fused ? 1.0 : 1.0 + arguments_.epsilon)));
  }

  static bool contains(const std::vector<int>& axes, int axis) { return std::find(axes.begin(), axes.end(), axis) != axes.end(); }

  layers::BatchNormalizationArguments arguments_;
  CallContext::WeightOptions gamma_, beta_, mean_, variance_;
};

}  // namespace

const LayerDefinition& layer_BatchNormalization() {
  static const LayerDefinition definition{
      .name = "BatchNormalization",
      .aliases = {"BatchNormalizationV1", "BatchNormalizationV2", "SyncBatchNormalization"},
      .create = create_layer<BatchNormalization>};
  return definition;
}

}  // namespace keratin
