#include <fmt/format.h>

#include "compiler/training/metrics/metric.h"

namespace keratin::metrics {

namespace {

/// Intersection over union of chosen classes, from an integer confusion matrix (targets in rows): keras.metrics.IoU and its kin.
class IntersectionOverUnion : public Metric {
 public:
  int64_t classes = 2;
  std::vector<int64_t> targets;         // whose mean is the metric
  std::optional<int64_t> ignored;
  std::optional<double> threshold;      // predictions are probabilities of class 1
  bool sparse_y = true, sparse_p = true;
  int axis = -1;

  std::vector<MetricVariable> variables(const ir::Type&, const ir::Type&) const override {
    return {{"total_confusion_matrix", {DType::int64, ir::Shape({ir::Dim(classes), ir::Dim(classes)})}}};
  }

  Vals update(ir::Builder& b, const MetricBatch& batch) const override {
    Val y = batch.y, p = batch.prediction;
    if (axis >= p.rank() || axis < -p.rank()) return {b.fail("the axis is outside the predictions' rank")};
    if (threshold) p = b.compare(ir::Compare::Kind::ge, b.cast(p, DType::float32), b.number(DType::float32, *threshold));
    y = flat(b, y, sparse_y);
    p = flat(b, p, sparse_p);
    if (!(y.shape() == p.shape())) return {b.fail(fmt::format("{} targets do not fit {} predictions", to_string(y.shape()), to_string(p.shape())))};
    // Fractions of weights are cut off, as Keras does it.
    Val weight = b.number(DType::int64, 1);
    if (!batch.weight.poisoned()) weight = b.cast(batch.weight, DType::int64);
    if (weight.rank() > 1) weight = b.reshape(weight, ir::Shape({count_of(weight)}));
    if (weight.rank() == 1 && !(weight.dim(0) == y.dim(0))) return {b.fail("sample weights do not fit the targets")};
    const Val low = b.number(DType::int64, 0), high = b.number(DType::int64, static_cast<double>(classes));
    const auto both = [&](Val s, Val t) { return b.binary(ir::Binary::Kind::logical_and, s, t); };
    const auto inside = [&](Val x) { return both(b.compare(ir::Compare::Kind::ge, x, low), b.compare(ir::Compare::Kind::lt, x, high)); };
    Val counts = both(inside(y), inside(p));
    if (ignored) counts = both(counts, b.compare(ir::Compare::Kind::ne, y, b.number(DType::int64, static_cast<double>(*ignored))));
    const Val cell = b.select(counts, y * high + p, low);
    const Val sums = b.scatter_add(b.select(counts, b.broadcast(weight, y.shape()), low), cell, 0, ir::Dim(classes * classes));
    return {b.reshape(sums, ir::Shape({ir::Dim(classes), ir::Dim(classes)}))};
  }

  Val result(ir::Builder& b, const Vals& state) const override {
    const Val matrix = b.cast(state[0], DType::float32);
    const ir::Type positions{DType::int32, matrix.shape()};
    const Val diagonal = b.cast(b.compare(ir::Compare::Kind::eq, b.iota(positions, 0), b.iota(positions, 1)), DType::float32);
    const Val hits = b.sum(matrix * diagonal, {1});
    const Val union_size = b.sum(matrix, {0}) + b.sum(matrix, {1}) - hits;
    ir::Tensor chosen(DType::float32, {classes});
    for (int64_t target : targets) chosen.floats[static_cast<size_t>(target)] += 1;
    const Val used = b.cast(greater(union_size, 1e-9), DType::float32) * b.constant(chosen);
    return b.sum(hits / (union_size + kEpsilon) * used, {}) / (b.sum(used, {}) + kEpsilon);
  }

 private:
  static ir::Dim count_of(Val x) {
    ir::Dim total = x.dim(0);
    for (int i = 1; i < x.rank(); ++i) total = total * x.dim(i).size;
    return total;
  }
  Val flat(ir::Builder& b, Val x, bool sparse) const {
    if (!sparse) x = b.arg_reduce(x, true, axis < 0 ? axis + x.rank() : axis, DType::int64);
    x = b.cast(x, DType::int64);
    return x.rank() > 1 ? b.reshape(x, ir::Shape({count_of(x)})) : x;
  }
};

/// Reads what all of the family have; no target classes given mean all.
std::unique_ptr<IntersectionOverUnion> read(TrainingArguments& a, bool with_targets) {
  auto metric = std::make_unique<IntersectionOverUnion>();
  metric->classes = a.integer("num_classes", 2, 1);
  metric->axis = static_cast<int>(a.integer("axis", -1, INT64_MIN));
  metric->ignored = a.optional_integer("ignore_class");
  if (with_targets)
    for (double target : a.numbers("target_class_ids")) metric->targets.push_back(static_cast<int64_t>(target));
  for (int64_t target : metric->targets)
    if (target < 0 || target >= metric->classes) {
      a.refuse("target_class_ids", fmt::format("classes from 0 to {}", metric->classes - 1));
      metric->targets.clear();
    }
  if (metric->targets.empty())
    for (int64_t i = 0; i < metric->classes; ++i) metric->targets.push_back(i);
  return metric;
}

}  // namespace

std::unique_ptr<Metric> iou(TrainingArguments& a) {
  auto metric = read(a, true);
  metric->sparse_y = a.flag("sparse_y_true", true);
  metric->sparse_p = a.flag("sparse_y_pred", true);
  return metric;
}

std::unique_ptr<Metric> mean_iou(TrainingArguments& a) {
  auto metric = read(a, false);
  metric->sparse_y = a.flag("sparse_y_true", true);
  metric->sparse_p = a.flag("sparse_y_pred", true);
  return metric;
}

std::unique_ptr<Metric> binary_iou(TrainingArguments& a) {
  auto metric = read(a, true);
  metric->threshold = a.number("threshold", 0.5);
  return metric;
}

std::unique_ptr<Metric> one_hot_iou(TrainingArguments& a) {
  auto metric = read(a, true);
  metric->sparse_y = false;
  metric->sparse_p = a.flag("sparse_y_pred");
  return metric;
}

std::unique_ptr<Metric> one_hot_mean_iou(TrainingArguments& a) {
  auto metric = read(a, false);
  metric->sparse_y = false;
  metric->sparse_p = a.flag("sparse_y_pred");
  return metric;
}

}  // namespace keratin::metrics
