#include "compiler/training/metrics/confusion.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "compiler/activations/functions.h"

namespace keratin::metrics {

namespace {

constexpr double kNever = -1e10;  // Keras's NEG_INF: below every threshold

bool is_even(const std::vector<double>& values) {
  if (values.size() < 3) return false;
  for (size_t i = 0; i < values.size(); ++i) {
    const double even = static_cast<double>(i) / static_cast<double>(values.size() - 1);
    if (std::abs(values[i] - even) > kEpsilon + 1e-5 * std::abs(even)) return false;  // numpy.allclose
  }
  return true;
}

/// What does not belong to the k largest of a row is never positive.
Val filtered(Val p, int64_t k) {
  ir::Builder& b = p.builder();
  const Val best = b.sort(p, true, k)[1];
  const Val mask = b.sum(b.one_hot(best, p.dim(-1).size, p.dtype()), {-2});
  return p * mask + kNever * (1.0 - mask);
}

Val one_class(Val x, int64_t id) { return x.builder().slice(x, x.rank() - 1, ir::Dim(id), ir::Dim(id + 1)); }

/// (examples..., labels) as (elements), or as (examples, labels) where labels count apart.
Val arranged(Val x, bool multi_label) {
  if (multi_label || x.rank() == 1) return x;
  ir::Dim total = x.dim(0);
  for (int axis = 1; axis < x.rank(); ++axis) total = total * x.dim(axis).size;
  return x.builder().reshape(x, ir::Shape({total}));
}

/// Sums of `amounts` over the elements that are positive at each threshold, by the last threshold that an element passes.
Val positives_by_bucket(Val amounts, Val p, const Thresholds& thresholds) {
  ir::Builder& b = p.builder();
  const int64_t count = thresholds.count();
  // Bucket 0 passes no threshold, bucket i + 1 passes thresholds 0..i.
  Val bucket = b.unary(ir::Unary::Kind::ceil, clip(p, 0, 1) * static_cast<double>(count - 1));
  if (thresholds.outside) bucket = maximum(bucket, 1);
  bucket = b.cast(bucket, DType::int32);
  const bool labels = p.rank() == 2;
  Val sums;
  if (labels) {
    const int64_t width = p.dim(1).size;
    bucket = bucket + b.iota({DType::int32, p.shape()}, 1) * static_cast<double>(count + 1);
    const ir::Shape flat({p.dim(0) * width});
    sums = b.scatter_add(b.reshape(amounts, flat), b.reshape(bucket, flat), 0, ir::Dim(width * (count + 1)));
    sums = b.reshape(sums, ir::Shape({ir::Dim(width), ir::Dim(count + 1)}));
  } else {
    sums = b.reshape(b.scatter_add(amounts, bucket, 0, ir::Dim(count + 1)), ir::Shape({ir::Dim(1), ir::Dim(count + 1)}));
  }
  sums = b.slice(b.cumulative(ir::Cumulative::Kind::sum, sums, 1, true), 1, ir::Dim(1), ir::Dim(count + 1));
  return labels ? b.transpose(sums, {1, 0}) : b.reshape(sums, ir::Shape({ir::Dim(count)}));
}

/// The same by comparing every element with every threshold.
Val positives_by_comparison(Val amounts, Val p, const Thresholds& thresholds) {
  ir::Builder& b = p.builder();
  ir::Tensor values(DType::float32, {thresholds.count()});
  for (size_t i = 0; i < thresholds.values.size(); ++i) values.floats[i] = ir::round_to(DType::float32, thresholds.values[i]);
  const Val passes = b.compare(ir::Compare::Kind::gt, b.expand_dims(p, -1), b.constant(values));
  const Val sums = b.sum(b.cast(passes, DType::float32) * b.expand_dims(amounts, -1), {0});
  return sums.rank() == 2 ? b.transpose(sums, {1, 0}) : sums;
}

}  // namespace

Thresholds read_thresholds(TrainingArguments& a, double standard) {
  std::vector<double> values = a.numbers("thresholds");
  const bool given = !values.empty();
  if (!given) values = {standard};
  if (given && std::any_of(values.begin(), values.end(), [](double x) { return x < 0 || x > 1; })) a.refuse("thresholds", "numbers from 0 to 1");
  const bool even = is_even(values);
  return {std::move(values), even, false};
}

Thresholds even_thresholds(int64_t count, bool outside) {
  Thresholds thresholds;
  if (count == 1) return {{0.5}, false, false};
  for (int64_t i = 0; i < count; ++i) thresholds.values.push_back(static_cast<double>(i) / static_cast<double>(count - 1));
  thresholds.even = true;
  thresholds.outside = outside;
  if (outside) {
    thresholds.values.front() = -kEpsilon;
    thresholds.values.back() = 1 + kEpsilon;
  }
  return thresholds;
}

Thresholds enclosed_thresholds(std::vector<double> inner) {
  std::sort(inner.begin(), inner.end());
  inner.insert(inner.begin(), 0);
  inner.push_back(1);
  const bool even = is_even(inner);
  inner.front() = -kEpsilon;
  inner.back() = 1 + kEpsilon;
  return {std::move(inner), even, true};
}

ConfusionCounts count_decisions(ir::Builder& b, const MetricBatch& batch, const ConfusionOptions& options) {
  Val y = b.cast(batch.y, DType::float32), p = b.cast(batch.prediction, DType::float32), weight;
  to_same_rank(p, y);
  const auto failed = [&](std::string message) { return b.fail(std::move(message)), ConfusionCounts{}; };
  if (!(y.shape() == p.shape())) return failed(fmt::format("targets {} do not fit predictions {}", to_string(y.shape()), to_string(p.shape())));
  if (options.multi_label && p.rank() != 2) return failed("multi_label takes predictions (examples, labels)");
  if (!batch.weight.poisoned()) {
    weight = b.expand_dims(b.cast(batch.weight, DType::float32), -1);
    to_same_rank(y, weight, false);
  }
  if (options.top_k) {
    if (*options.top_k > p.dim(-1).size) return failed(fmt::format("top_k {} is more than {} classes", *options.top_k, p.dim(-1).size));
    p = filtered(p, *options.top_k);
  }
  if (options.class_id) {
    if (p.rank() < 2 || *options.class_id < 0 || *options.class_id >= p.dim(-1).size) return failed(fmt::format("class_id {} is no class of the predictions", *options.class_id));
    y = one_class(y, *options.class_id);
    p = one_class(p, *options.class_id);
  }
  Val amounts;
  if (!weight.poisoned()) {
    const Result<ir::Shape> shape = ir::broadcast_shapes(weight.shape(), p.shape());
    if (!shape || !(*shape == p.shape())) return failed(fmt::format("sample weights {} do not fit predictions {}", to_string(weight.shape()), to_string(p.shape())));
    amounts = b.broadcast(weight, p.shape());
  } else {
    amounts = b.full({DType::float32, p.shape()}, 1);
  }
  if (!options.label_weights.empty()) {
    if (static_cast<int64_t>(options.label_weights.size()) != p.dim(-1).size) return failed("label_weights are not as many as labels");
    ir::Tensor values(DType::float32, {static_cast<int64_t>(options.label_weights.size())});
    values.floats = options.label_weights;
    amounts = amounts * b.constant(values);
  }
  const Val label = b.cast(b.compare(ir::Compare::Kind::ne, y, b.number(DType::float32, 0)), DType::float32);
  const Val yes = arranged(label * amounts, options.multi_label), no = arranged((1.0 - label) * amounts, options.multi_label);
  p = arranged(p, options.multi_label);
  const auto positives = options.thresholds.even ? positives_by_bucket : positives_by_comparison;
  ConfusionCounts counts;
  counts.true_positives = positives(yes, p, options.thresholds);
  counts.false_positives = positives(no, p, options.thresholds);
  counts.false_negatives = b.sum(yes, {0}) - counts.true_positives;
  counts.true_negatives = b.sum(no, {0}) - counts.false_positives;
  return counts;
}

}  // namespace keratin::metrics
