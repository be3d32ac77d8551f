#include <fmt/format.h>

#include "compiler/training/losses/loss.h"
#include "ir/type/type.h"

namespace keratin {

Val recovered_logits(Val prediction) {
  ir::Builder& b = prediction.builder();
  for (const ir::Node& node : b.function().nodes) {
    if (node.outputs[0] != prediction.id()) continue;
    const auto* composite = node.op.as<ir::Composite>();
    const auto* unary = node.op.as<ir::Unary>();
    if ((composite && composite->kind == "softmax") || (unary && unary->kind == ir::Unary::Kind::sigmoid)) return Val(&b, node.inputs[0]);
  }
  return {};
}

void to_same_rank(Val& x, Val& y, bool expand_rank_1) {
  const auto fit = [&](Val& longer, Val& shorter) {
    if (longer.rank() != shorter.rank() + 1 || !longer.dim(-1).is_one()) return;
    ir::Builder& b = longer.builder();
    if (shorter.rank() == 1 && expand_rank_1) shorter = b.expand_dims(shorter, -1);
    else longer = b.squeeze(longer, {longer.rank() - 1});
  };
  if (x.poisoned() || y.poisoned()) return;
  fit(x, y);
  fit(y, x);
}

LossFunction elementwise(LossFunction values, bool same_rank) {
  return [values = std::move(values), same_rank](Val y, Val p) {
    ir::Builder& b = p.builder();
    y = b.cast(y, p.dtype());
    if (same_rank) to_same_rank(y, p);
    if (!ir::broadcast_shapes(y.shape(), p.shape()))
      return LossValues{b.fail(fmt::format("targets {} do not fit predictions {}", to_string(y.shape()), to_string(p.shape())))};
    return values(y, p);
  };
}

Val divide_no_nan(Val x, Val y) {
  if (x.poisoned() || y.poisoned()) return {};
  ir::Builder& b = x.builder();
  const Val zero = b.compare(ir::Compare::Kind::eq, y, b.number(y.dtype(), 0));
  return b.select(zero, b.number(x.dtype(), 0), x / b.select(zero, b.number(y.dtype(), 1), y));
}

Val square(Val x) { return x * x; }

Val normalized(Val x, int axis) {
  return x / maximum(sqrt(x.builder().sum(square(x), {axis}, true)), kEpsilon);
}

Val element_count(Val x, DType dtype) {
  ir::Builder& b = x.builder();
  Val total = b.number(dtype, 1);
  for (int axis = 0; axis < x.rank(); ++axis) total = total * b.size(x.dim(axis), dtype);
  return total;
}

Val masked_weight(Val weight, Val mask, bool mean) {
  if (mask.poisoned()) return weight;
  ir::Builder& b = mask.builder();
  Val kept = b.cast(mask, DType::float32);
  if (mean) kept = kept * divide_no_nan(element_count(kept, DType::float32), b.sum(kept, {}));
  if (weight.poisoned()) return kept;
  weight = b.cast(weight, DType::float32);
  to_same_rank(kept, weight);
  if (weight.rank() != kept.rank()) return b.fail(fmt::format("sample weights {} do not fit the mask {}", to_string(weight.shape()), to_string(kept.shape())));
  return weight * kept;
}

LabelKind label_kind(Val y, Val p) {
  if (p.rank() > 0 && p.dim(-1).is_one()) return LabelKind::binary;
  const bool sparse = y.rank() < p.rank() || (y.rank() > 0 && y.dim(-1).is_one() && !p.dim(-1).is_one());
  return sparse ? LabelKind::sparse : LabelKind::categorical;
}

namespace {

LossFunction chosen_crossentropy(Val y, Val prediction) {
  TrainingArguments none(nullptr);
  switch (label_kind(y, prediction)) {
    case LabelKind::binary: return losses::binary_crossentropy(none);
    case LabelKind::sparse: return losses::sparse_categorical_crossentropy(none);
    default: return losses::categorical_crossentropy(none);
  }
}

}  // namespace

Val loss_value(const Loss& loss, Val y, Val prediction, Val mask, Val weight) {
  ir::Builder& b = prediction.builder();
  const LossFunction function = loss.values ? loss.values : chosen_crossentropy(y, prediction);
  prediction = b.cast(prediction, DType::float32);
  to_same_rank(y, prediction);
  const LossValues own = function(y, prediction);
  if (own.values.poisoned()) return {};
  Val values = own.values;
  if (mask.poisoned()) mask = own.mask;
  else if (!own.mask.poisoned()) mask = b.binary(ir::Binary::Kind::logical_and, mask, own.mask);
  const bool mean = loss.reduction == "sum_over_batch_size" || loss.reduction == "mean";
  const bool unweighted = weight.poisoned() && mask.poisoned();
  weight = masked_weight(weight, mask, mean);
  if (!unweighted && weight.poisoned()) return {};
  if (!unweighted) {
    weight = b.cast(weight, values.dtype());
    to_same_rank(values, weight);
    // Keras would pair a vector of weights with the last axis of the values, or fail; neither is meant.
    if (values.rank() > 0 && weight.rank() != values.rank())
      return b.fail(fmt::format("sample weights {} do not fit loss values {}", to_string(weight.shape()), to_string(values.shape())));
    values = values * weight;
  }
  if (values.poisoned()) return {};
  const Val sum = b.sum(values, {});
  if (loss.reduction == "sum") return sum;
  if (loss.reduction == "mean_with_sample_weight" && !unweighted) return divide_no_nan(sum, b.sum(weight, {}));
  return sum / element_count(values, values.dtype());
}

void begin_part(ir::Builder& b, const std::string& path, const std::string& description) {
  b.program().origins.push_back({path, description, false});
  b.set_origin(ir::OriginId{static_cast<uint32_t>(b.program().origins.size() - 1)});
}

}  // namespace keratin
