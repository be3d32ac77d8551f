// TimeDistributed (keras.layers.TimeDistributed): a layer on every step of a sequence; the steps are folded into the batch.
#include <fmt/format.h>

#include "compiler/layers/checks.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/time_distributed.h"

namespace keratin {

namespace {

class TimeDistributed : public Layer {
 public:
  void configure(ConfigReader& config) override {
    layers::TimeDistributedArguments arguments;
    read_arguments(config, arguments);
    if (std::shared_ptr<Layer> inner = config.layer("layer")) children.push_back({"layer", std::move(inner)});
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const KTensors tensors = inputs.tensors();
    if (tensors.empty()) return ctx.fail("takes at least one tensor");
    const Shape first = tensors[0].value.shape();
    for (const KTensor& tensor : tensors) {
      const Shape shape = tensor.value.shape();
      if (shape.rank() < 3)
        return ctx.fail(fmt::format("expected min_ndim=3, found ndim={}. Full shape received: {}", shape.rank(), ir::keras_shape(shape)));
      if (!shape[1].is_static()) return ctx.fail(fmt::format("dimension 1 of {} must be known", ir::keras_shape(shape)));
      if (shape[0] != first[0] || shape[1] != first[1])
        return ctx.fail(fmt::format("inputs have different steps: {} and {}", ir::keras_shape(first), ir::keras_shape(shape)));
    }
    const Dim batch = first[0];
    const int64_t steps = first[1].size;
    Val mask = call_mask(inputs, tensors[0]);
    if (!mask.poisoned() && (mask.rank() < 2 || mask.dim(0) != batch || mask.dim(1) != Dim(steps)))
      return ctx.fail(fmt::format("mask: expected shape {}, found {}", ir::keras_shape({batch, Dim(steps)}),
                                  ir::keras_shape(mask.shape())));

    CallInputs folded;
    Val inner_mask = mask.poisoned() ? mask : fold(ctx, mask);
    folded.args.push_back(inputs.args.empty() ? fold(ctx, {KTensor{tensors[0].value, {}}}, inner_mask)
                                                  : fold(ctx, inputs.args[0], inner_mask));
    if (const CallValue* training = inputs.find("training")) folded.kwargs.emplace_back("training", *training);
    KTensors outputs = ctx.call_child(*children[0].layer, folded);
    for (KTensor& output : outputs) output = unfold(ctx, output, batch, steps, mask);
    return outputs;
  }

  bool autocasts() const override { return false; }
  std::string describe() const override {
    return fmt::format("TimeDistributed({})", children.empty() ? "" : children[0].layer->describe());
  }

 private:
  /// (n, steps, ...) -> (n * steps, ...).
  static Val fold(CallContext& ctx, Val x) {
    Shape shape(std::vector<Dim>(x.shape().dims.begin() + 1, x.shape().dims.end()));
    shape[0] = x.dim(0) * x.dim(1).size;
    return ctx.b.reshape(x, shape);
  }

  static CallValue fold(CallContext& ctx, const CallValue& value, Val mask) {
    if (const KTensor* tensor = value.tensor()) return {KTensor{fold(ctx, tensor->value), mask}};
    if (const CallValue::List* list = value.list()) {
      CallValue::List folded;
      for (const CallValue& item : *list) folded.push_back(fold(ctx, item, mask));
      return {std::move(folded)};
    }
    if (const CallValue::Dict* dict = value.dict()) {
      CallValue::Dict folded;
      for (const auto& [key, item] : *dict) folded.emplace_back(key, fold(ctx, item, mask));
      return {std::move(folded)};
    }
    return value;
  }

  static Val unfold(CallContext& ctx, Val x, Dim batch, int64_t steps) {
    Shape shape = x.shape();
    shape[0] = batch;
    shape.dims.insert(shape.dims.begin() + 1, Dim(steps));
    return ctx.b.reshape(x, shape);
  }

  /// Keras 3 hands the outer mask on; tf.keras the layer's own, or the outer one reduced to a mask of steps.
  static KTensor unfold(CallContext& ctx, const KTensor& output, Dim batch, int64_t steps, Val mask) {
    if (output.value.poisoned()) return output;
    if (output.value.rank() == 0 || output.value.dim(0) != batch * steps) {
      ctx.fail(fmt::format("the layer's output {} does not keep the batch", ir::keras_shape(output.value.shape())));
      return {};
    }
    KTensor result{unfold(ctx, output.value, batch, steps), mask};
    if (mask.poisoned() || ctx.version().keras3()) return result;
    if (output.has_mask() && output.mask.rank() > 1) {
      result.mask = unfold(ctx, output.mask, batch, steps);
    } else {
      while (result.mask.rank() > 2) result.mask = ctx.b.reduce(ir::Reduce::Kind::any, result.mask, {-1});
    }
    return result;
  }
};

}  // namespace

const LayerDefinition& layer_TimeDistributed() {
  static const LayerDefinition definition{.name = "TimeDistributed", .aliases = {}, .create = create_layer<TimeDistributed>};
  return definition;
}

}  // namespace keratin
