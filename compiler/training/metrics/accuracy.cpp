#include "compiler/training/metrics/metric.h"

namespace keratin::metrics {

namespace {

Val equal(Val a, Val b) {
  ir::Builder& builder = a.builder();
  if (!ir::broadcast_shapes(a.shape(), b.shape())) return builder.fail("targets " + to_string(a.shape()) + " do not fit predictions " + to_string(b.shape()));
  return builder.cast(builder.compare(ir::Compare::Kind::eq, a, b), DType::float32);
}

Val best(Val x) { return x.builder().arg_reduce(x, true, x.rank() - 1, DType::int32); }

/// Whether the prediction of the label is among the k largest: fewer than k are larger (tf.math.in_top_k).
LossValues among_largest(Val label, Val p, int64_t k) {
  ir::Builder& b = p.builder();
  if (label.rank() + 1 != p.rank()) return {b.fail("labels " + to_string(label.shape()) + " do not fit predictions " + to_string(p.shape()))};
  const Val hot = b.one_hot(b.cast(label, DType::int32), p.dim(-1).size, p.dtype());
  const Val own = b.sum(hot * p, {-1}, true);
  const Val larger = b.sum(b.cast(b.compare(ir::Compare::Kind::gt, p, own), DType::float32), {-1});
  const Val known = greater(b.sum(hot, {-1}), 0), finite = b.unary(ir::Unary::Kind::is_finite, b.squeeze(own, {-1}));
  const Val counts = b.binary(ir::Binary::Kind::logical_and, known, finite);
  return {b.cast(b.binary(ir::Binary::Kind::logical_and, less(larger, static_cast<double>(k)), counts), DType::float32)};
}

}  // namespace

LossValues accuracy(Val y, Val p) {
  y = p.builder().cast(y, p.dtype());
  to_same_rank(y, p);
  return {equal(y, p)};
}

LossValues binary_accuracy(Val y, Val p, double threshold) {
  ir::Builder& b = p.builder();
  to_same_rank(y, p);
  return {equal(b.cast(y, DType::float32), b.cast(greater(p, threshold), DType::float32))};
}

LossValues categorical_accuracy(Val y, Val p) {
  if (y.rank() != p.rank()) return {p.builder().fail("categorical targets have another rank than predictions")};
  return {equal(best(y), best(p))};
}

LossValues sparse_categorical_accuracy(Val y, Val p) {
  ir::Builder& b = p.builder();
  if (y.rank() == p.rank() && y.dim(-1).is_one()) y = b.squeeze(y, {y.rank() - 1});
  Val matches = equal(b.cast(y, DType::int32), best(p));
  if (!matches.poisoned() && matches.rank() > 1 && matches.dim(-1).is_one()) matches = b.squeeze(matches, {matches.rank() - 1});
  return {matches};
}

std::unique_ptr<Metric> top_k(TrainingArguments& a) {
  return mean_metric([k = a.integer("k", 5, 1)](Val y, Val p) { return among_largest(best(y), p, k); });
}

std::unique_ptr<Metric> sparse_top_k(TrainingArguments& a) {
  const bool ids = a.flag("from_sorted_ids");
  return mean_metric([k = a.integer("k", 5, 1), ids](Val y, Val p) -> LossValues {
    ir::Builder& b = p.builder();
    if (y.rank() == p.rank() && y.dim(-1).is_one()) y = b.squeeze(y, {y.rank() - 1});
    if (!ids) return among_largest(y, p, k);
    if (y.rank() + 1 != p.rank() || k > p.dim(-1).size) return {b.fail("labels or k do not fit the predicted ids")};
    const Val same = b.compare(ir::Compare::Kind::eq, b.expand_dims(b.cast(y, p.dtype()), -1), b.slice(p, p.rank() - 1, ir::Dim(0), ir::Dim(k)));
    return {b.cast(b.reduce(ir::Reduce::Kind::any, same, {-1}), DType::float32)};
  });
}

}  // namespace keratin::metrics
