// Concatenate (keras.layers.Concatenate).
#include <algorithm>
#include <fmt/format.h>

#include "compiler/layers/checks.h"
#include "compiler/layers/merge.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/merge.h"

namespace keratin {

namespace {

class Concatenate : public Layer {
 public:
  void configure(ConfigReader& config) override { read_arguments(config, arguments_); }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    KTensors tensors = inputs.tensors();
    if (tensors.empty()) return ctx.fail("should be called on a list of at least 1 input");
    for (const KTensor& tensor : tensors)
      if (tensor.value.poisoned()) return {KTensor{}};
    const int rank = tensors[0].value.rank();
    const std::optional<int> axis = ir::normalize_axis(arguments_.axis, rank);
    if (!axis)
      return ctx.fail(fmt::format("axis: {} is outside the {} dimensions of {}", arguments_.axis, rank,
                                  ir::keras_shape(tensors[0].value.shape())));
    if (!fit(tensors, *axis)) {
      std::string shapes;
      for (const KTensor& tensor : tensors) shapes += (shapes.empty() ? "" : ", ") + ir::keras_shape(tensor.value.shape());
      return ctx.fail(fmt::format("requires inputs with matching shapes except for the concatenation axis {}. Received: [{}]",
                                  arguments_.axis, shapes));
    }
    to_one_dtype(ctx, tensors);
    Vals parts;
    for (const KTensor& tensor : tensors) parts.push_back(tensor.value);
    return {{ctx.b.concatenate(parts, *axis), mask(ctx, tensors, *axis)}};
  }

  std::string describe() const override { return fmt::format("Concatenate(axis={})", arguments_.axis); }

 private:
  static bool fit(const KTensors& tensors, int axis) {
    return std::all_of(tensors.begin(), tensors.end(), [&](const KTensor& tensor) {
      const Shape first = tensors[0].value.shape();
      if (tensor.value.rank() != first.rank()) return false;
      for (int i = 0; i < first.rank(); ++i)
        if (i != axis && tensor.value.dim(i) != first[i]) return false;
      return true;
    });
  }

  /// Masks as wide as their inputs, concatenated, then any (Keras >= 3.4) or all over the last axis.
  static Val mask(CallContext& ctx, const KTensors& tensors, int axis) {
    if (std::none_of(tensors.begin(), tensors.end(), [](const KTensor& tensor) { return tensor.has_mask(); })) return {};
    ir::Builder& b = ctx.b;
    Vals masks;
    for (const KTensor& tensor : tensors) {
      const Shape shape = tensor.value.shape();
      masks.push_back(tensor.has_mask() ? mask_like(b, tensor.mask, shape) : b.full({DType::boolean, shape}, 1));
    }
    return b.reduce(masks_by_or(ctx.version()) ? ir::Reduce::Kind::any : ir::Reduce::Kind::all, b.concatenate(masks, axis), {-1});
  }

  layers::ConcatenateArguments arguments_;
};

}  // namespace

const LayerDefinition& layer_Concatenate() {
  static const LayerDefinition definition{.name = "Concatenate", .aliases = {}, .create = create_layer<Concatenate>};
  return definition;
}

}  // namespace keratin
