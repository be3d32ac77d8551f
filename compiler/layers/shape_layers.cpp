// Permute, RepeatVector, Reshape (keras.layers).
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/layers/checks.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/shape_layers.h"

namespace keratin {

namespace {

class Permute : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
    if (!arguments_.dims.given()) return config.fail("dims", "is missing");
    std::vector<int64_t> sorted = dims();
    std::sort(sorted.begin(), sorted.end());
    for (size_t i = 0; i < sorted.size(); ++i)
      if (sorted[i] != static_cast<int64_t>(i) + 1)
        return config.fail("dims", fmt::format("({}) must be consecutive and start from 1", fmt::join(dims(), ", ")));
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const Val x = only_tensor(ctx, inputs, static_cast<int>(dims().size()) + 1).value;
    if (x.poisoned()) return {KTensor{}};
    std::vector<int> order = {0};
    for (int64_t dim : dims()) order.push_back(static_cast<int>(dim));
    return {{ctx.b.transpose(x, order), {}}};
  }

  std::string describe() const override { return fmt::format("Permute({})", fmt::join(dims(), ", ")); }

 private:
  const std::vector<int64_t>& dims() const { return arguments_.dims.values(); }

  layers::PermuteArguments arguments_;
};

/// (n, features) -> (n, times, features).
class RepeatVector : public Layer {
 public:
  void configure(ConfigReader& config) override { read_arguments(config, arguments_); }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const Val x = only_tensor(ctx, inputs, 2).value;
    if (x.poisoned()) return {KTensor{}};
    return {{ctx.b.broadcast(ctx.b.expand_dims(x, 1), {x.dim(0), Dim(int64_t{arguments_.n}), x.dim(1)}), {}}};
  }

  std::string describe() const override { return fmt::format("RepeatVector({})", int64_t{arguments_.n}); }

 private:
  layers::RepeatVectorArguments arguments_;
};

class Reshape : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
    if (!arguments_.target_shape.given()) return config.fail("target_shape", "is missing");
    for (int64_t extent : target())
      if (extent < -1 || extent == 0) config.fail("target_shape", fmt::format("{} is neither positive nor -1", extent));
    if (std::count(target().begin(), target().end(), -1) > 1) config.fail("target_shape", "has more than one -1");
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const Val x = only_tensor(ctx, inputs).value;
    if (x.poisoned()) return {KTensor{}};
    if (x.rank() == 0) return ctx.fail("expected min_ndim=1, found ndim=0");
    int64_t elements = 1, known = 1;
    for (int axis = 1; axis < x.rank(); ++axis) {
      if (!x.dim(axis).is_static())
        return ctx.fail(fmt::format("the dimensions after the batch of {} must be known", ir::keras_shape(x.shape())));
      elements *= x.dim(axis).size;
    }
    for (int64_t extent : target())
      if (extent > 0 && __builtin_mul_overflow(known, extent, &known)) return mismatch(ctx, x);
    const bool open = std::count(target().begin(), target().end(), -1) > 0;
    if (open ? elements % known != 0 : elements != known) return mismatch(ctx, x);
    Shape shape{x.dim(0)};
    for (int64_t extent : target()) shape.dims.push_back(extent == -1 ? elements / known : extent);
    return {{ctx.b.reshape(x, shape), {}}};
  }

  std::string describe() const override { return fmt::format("Reshape({})", fmt::join(target(), ", ")); }

 private:
  KTensors mismatch(CallContext& ctx, Val x) const {
    return ctx.fail(fmt::format("the total size of the tensor must be unchanged. Received: input_shape={}, target_shape=({})",
                                shape_without_batch(x.shape()), fmt::join(target(), ", ")));
  }

  const std::vector<int64_t>& target() const { return arguments_.target_shape.values(); }

  layers::ReshapeArguments arguments_;
};

}  // namespace

const LayerDefinition& layer_Permute() {
  static const LayerDefinition definition{.name = "Permute", .aliases = {}, .create = create_layer<Permute>};
  return definition;
}
const LayerDefinition& layer_RepeatVector() {
  static const LayerDefinition definition{.name = "RepeatVector", .aliases = {}, .create = create_layer<RepeatVector>};
  return definition;
}
const LayerDefinition& layer_Reshape() {
  static const LayerDefinition definition{.name = "Reshape", .aliases = {}, .create = create_layer<Reshape>};
  return definition;
}

}  // namespace keratin
