// Add, Average, Maximum, Minimum, Multiply, Subtract (keras.layers): element by element; tensors of lower rank get
// axes of extent 1 after the batch.
#include "compiler/layers/merge.h"

#include <algorithm>
#include <fmt/format.h>

#include "compiler/layers/checks.h"

namespace keratin {

void to_one_dtype(CallContext& ctx, KTensors& tensors) {
  DType common = tensors[0].value.dtype();
  bool any_float = false;
  for (const KTensor& tensor : tensors) {
    any_float = any_float || is_float(tensor.value.dtype());
    if (size_of(tensor.value.dtype()) > size_of(common)) common = tensor.value.dtype();
  }
  if (any_float) common = is_float(ctx.compute()) ? ctx.compute() : DType::float32;
  for (KTensor& tensor : tensors) tensor.value = ctx.b.cast(tensor.value, common);
}

bool masks_by_or(const KerasVersion& version) { return version.at_least(3, 4); }

Val merged_mask(CallContext& ctx, const KTensors& tensors) {
  const bool by_or = masks_by_or(ctx.version());
  Val mask;
  for (const KTensor& tensor : tensors) {
    if (!tensor.has_mask()) {
      if (by_or) return {};
      continue;
    }
    const ir::Binary::Kind kind = by_or ? ir::Binary::Kind::logical_or : ir::Binary::Kind::logical_and;
    mask = mask.poisoned() ? tensor.mask : ctx.b.binary(kind, mask, tensor.mask);
  }
  return mask;
}

Val mask_like(ir::Builder& b, Val mask, Shape shape) {
  while (!mask.poisoned() && mask.rank() < shape.rank()) mask = b.expand_dims(mask, -1);
  return b.broadcast(mask, shape);
}

namespace {

enum class Kind { add, average, maximum, minimum, multiply, subtract };

template <Kind kKind>
class Merge : public Layer {
 public:
  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    KTensors tensors = inputs.tensors();
    if (tensors.empty()) return ctx.fail("should be called on a list of at least 1 input");
    if (kKind == Kind::subtract && tensors.size() != 2)
      return ctx.fail(fmt::format("should be called on exactly 2 inputs, got {}", tensors.size()));
    for (const KTensor& tensor : tensors)
      if (tensor.value.poisoned()) return {KTensor{}};
    if (!expand(ctx, tensors)) return {KTensor{}};
    to_one_dtype(ctx, tensors);
    if (kKind == Kind::average && !is_float(tensors[0].value.dtype()))
      for (KTensor& tensor : tensors) tensor.value = ctx.b.cast(tensor.value, is_float(ctx.compute()) ? ctx.compute() : DType::float32);
    return {{merge(ctx, tensors), merged_mask(ctx, tensors)}};
  }

 private:
  /// Axes of extent 1 at position 1 until all ranks are equal; false after a problem.
  static bool expand(CallContext& ctx, KTensors& tensors) {
    int rank = 0;
    for (const KTensor& tensor : tensors) rank = std::max(rank, tensor.value.rank());
    const std::string first = shape_without_batch(tensors[0].value.shape());
    Shape common;
    for (KTensor& tensor : tensors) {
      const std::string shown = shape_without_batch(tensor.value.shape());
      while (tensor.value.rank() < rank) tensor.value = ctx.b.expand_dims(tensor.value, std::min(1, tensor.value.rank()));
      const Result<Shape> both = &tensor == &tensors[0] ? tensor.value.shape() : ir::broadcast_shapes(common, tensor.value.shape());
      if (!both) {
        ctx.fail(fmt::format("inputs have incompatible shapes. Received shapes {} and {}", first, shown));
        return false;
      }
      common = *both;
    }
    return true;
  }

  static Val combine(CallContext& ctx, Val a, Val b) {
    switch (kKind) {
      case Kind::add:
      case Kind::average: return a + b;
      case Kind::subtract: return a - b;
      case Kind::multiply: return a * b;
      case Kind::maximum: return ctx.b.binary(ir::Binary::Kind::max, a, b);
      case Kind::minimum: return ctx.b.binary(ir::Binary::Kind::min, a, b);
    }
    return {};
  }

  static Val merge(CallContext& ctx, const KTensors& tensors) {
    const bool masks_matter = masks_by_or(ctx.version());
    if (masks_matter && kKind == Kind::multiply) return masked_product(ctx, tensors);
    if (masks_matter && (kKind == Kind::maximum || kKind == Kind::minimum)) return masked_extreme(ctx, tensors);
    Val result = tensors[0].value;
    for (size_t i = 1; i < tensors.size(); ++i) result = combine(ctx, result, tensors[i].value);
    return kKind == Kind::average ? result / static_cast<double>(tensors.size()) : result;
  }

  /// Masked positions count as 1; those masked in all inputs become 0 (Keras >= 3.4).
  static Val masked_product(CallContext& ctx, const KTensors& tensors) {
    ir::Builder& b = ctx.b;
    const bool all = std::all_of(tensors.begin(), tensors.end(), [](const KTensor& tensor) { return tensor.has_mask(); });
    Val product, mask;
    for (const KTensor& tensor : tensors) {
      Val x = tensor.value;
      if (tensor.has_mask()) {
        Val valid = mask_like(b, tensor.mask, x.shape());
        x = b.select(valid, x, b.number(x.dtype(), 1));
        if (all) mask = mask.poisoned() ? valid : b.binary(ir::Binary::Kind::logical_or, mask, valid);
      }
      product = product.poisoned() ? x : product * x;
    }
    return all ? b.select(mask, product, b.number(product.dtype(), 0)) : product;
  }

  /// A masked position takes the other operand's value (Keras >= 3.4).
  static Val masked_extreme(CallContext& ctx, const KTensors& tensors) {
    ir::Builder& b = ctx.b;
    Val result, result_mask;
    for (const KTensor& tensor : tensors) {
      Val x = tensor.value;
      Val mask = tensor.has_mask() ? mask_like(b, tensor.mask, x.shape()) : Val();
      if (result.poisoned()) {
        result = x;
        result_mask = mask;
        continue;
      }
      if (!mask.poisoned()) x = b.select(mask, x, result);
      if (!result_mask.poisoned()) result = b.select(result_mask, result, x);
      result_mask = mask.poisoned() || result_mask.poisoned() ? Val() : b.binary(ir::Binary::Kind::logical_or, result_mask, mask);
      result = combine(ctx, result, x);
    }
    return result;
  }
};

}  // namespace

#define KERATIN_MERGE(Name, kind)                                                                                    \
  const LayerDefinition& layer_##Name() {                                                                            \
    static const LayerDefinition definition{.name = #Name, .aliases = {}, .create = create_layer<Merge<Kind::kind>>}; \
    return definition;                                                                                               \
  }
KERATIN_MERGE(Add, add)
KERATIN_MERGE(Average, average)
KERATIN_MERGE(Maximum, maximum)
KERATIN_MERGE(Minimum, minimum)
KERATIN_MERGE(Multiply, multiply)
KERATIN_MERGE(Subtract, subtract)
#undef KERATIN_MERGE

}  // namespace keratin
