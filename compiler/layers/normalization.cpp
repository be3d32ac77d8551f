// Normalization and Rescaling (keras.layers): an affine map with constants of the config, or with adapted weights.
#include <fmt/format.h>

#include "compiler/layers/checks.h"
#include "compiler/layers/json_tensor.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/normalization.h"

namespace keratin {

namespace {

/// (x - mean) / max(sqrt(variance), 1e-7), or back.
class Normalization : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
    if (config.has("axis") && config.raw("axis").is_null()) arguments_.axis = {};
    for (auto [key, given, constant] :
         {std::tuple("mean", &arguments_.mean, &mean_), std::tuple("variance", &arguments_.variance, &variance_)}) {
      if (!given->given()) continue;
      *constant = json_tensor(given->json(), DType::float64);
      if (!*constant) config.fail(key, "is neither a number nor a list of numbers");
    }
    if (mean_.has_value() != variance_.has_value())
      config.fail(mean_ ? "variance" : "mean", "is missing; mean and variance are given together");
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    Val x = only_tensor(ctx, inputs).value;
    if (x.poisoned()) return {KTensor{}};
    const std::optional<std::vector<int>> axes = counted_axes(ctx, arguments_.axis.values(), x.shape());
    if (!axes) return {KTensor{}};
    const Shape kept = extents_of(x.shape(), *axes);
    if (!kept.is_static()) return ctx.fail(fmt::format("axis: the kept dimensions of {} must be known", ir::keras_shape(x.shape())));
    ir::Builder& b = ctx.b;
    if (is_float(ctx.compute())) x = b.cast(x, ctx.compute());
    Val mean, variance;
    if (mean_) {
      mean = constant(ctx, "mean", *mean_, kept, x.dtype());
      variance = constant(ctx, "variance", *variance_, kept, x.dtype());
    } else {
      const CallContext::WeightOptions adapted{{}, {}, false, ir::Role::moving_statistic, {}};
      CallContext::WeightOptions ones = adapted, count = adapted;
      ones.initializer = Json("ones");
      count.dtype = DType::int64;  // "int" of the TensorFlow backend
      mean = ctx.read(ctx.weight("mean", kept, adapted));
      variance = ctx.read(ctx.weight("variance", kept, ones));
      ctx.weight("count", {}, count);
    }
    const Shape vector = ones_but(x.shape(), *axes);
    mean = b.reshape(mean, vector);
    Val deviation = maximum(sqrt(b.reshape(variance, vector)), 1e-7);
    return {{arguments_.invert ? mean + x * deviation : (x - mean) / deviation, {}}};
  }

  bool passes_mask() const override { return true; }

 private:
  static Val constant(CallContext& ctx, const char* key, ir::Tensor tensor, const Shape& kept, DType dtype) {
    Shape shape;
    for (int64_t extent : tensor.shape) shape.dims.push_back(extent);
    // A constant that was given with axes of extent 1 around the kept ones has the kept elements in the same order.
    if (shape.rank() > kept.rank() && shape.static_count() == kept.static_count()) {
      tensor.shape.clear();
      for (Dim extent : kept.dims) tensor.shape.push_back(extent.size);
      shape = kept;
    }
    const Result<Shape> both = ir::broadcast_shapes(shape, kept);
    if (!both || *both != kept)
      return ctx.fail_value(fmt::format("{}: its shape {} does not fit the kept dimensions {}", key, ir::keras_shape(shape),
                                        ir::keras_shape(kept)));
    return ctx.b.broadcast(ctx.b.cast(ctx.b.constant(std::move(tensor)), dtype), kept);
  }

  layers::NormalizationArguments arguments_;
  std::optional<ir::Tensor> mean_, variance_;
};

/// x * scale + offset.
class Rescaling : public Layer {
 public:
  void configure(ConfigReader& config) override {
    layers::RescalingArguments arguments;
    read_arguments(config, arguments);
    for (auto [key, given, constant] :
         {std::tuple("scale", &arguments.scale, &scale_), std::tuple("offset", &arguments.offset, &offset_)}) {
      if (std::optional<ir::Tensor> tensor = json_tensor(given->json(), DType::float64)) *constant = *std::move(tensor);
      else config.fail(key, !given->given() ? "is missing" : "is neither a number nor a list of numbers");
    }
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    Val x = only_tensor(ctx, inputs).value;
    if (x.poisoned()) return {KTensor{}};
    ir::Builder& b = ctx.b;
    x = b.cast(x, is_float(ctx.compute()) ? ctx.compute() : DType::float32);
    return {{x * b.cast(b.constant(scale_), x.dtype()) + b.cast(b.constant(offset_), x.dtype()), {}}};
  }

  bool passes_mask() const override { return true; }
  std::string describe() const override {
    return scale_.rank() == 0 && offset_.rank() == 0 ? fmt::format("Rescaling({}, {})", scale_.number(0), offset_.number(0)) : "Rescaling";
  }

 private:
  ir::Tensor scale_ = ir::scalar(DType::float64, 1), offset_ = ir::scalar(DType::float64, 0);
};

}  // namespace

const LayerDefinition& layer_Normalization() {
  static const LayerDefinition definition{.name = "Normalization", .aliases = {}, .create = create_layer<Normalization>};
  return definition;
}
const LayerDefinition& layer_Rescaling() {
  static const LayerDefinition definition{.name = "Rescaling", .aliases = {}, .create = create_layer<Rescaling>};
  return definition;
}

}  // namespace keratin
