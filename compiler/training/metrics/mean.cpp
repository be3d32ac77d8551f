#include <fmt/format.h>

#include "compiler/training/metrics/metric.h"

namespace keratin {

namespace {

/// Means over the axes from `first` on, those between `first` and `end`.
Val mean_over(Val x, int first, int end) {
  std::vector<int> axes;
  for (int axis = first; axis < end; ++axis) axes.push_back(axis);
  return axes.empty() ? x : x.builder().mean(x, axes);
}

/// keras.metrics.Mean over values per example: total and count, weights as in reduce_to_samplewise_values.
class MeanMetric : public Metric {
 public:
  MeanMetric(MetricValues values, bool masked, Val (*finish)(Val)) : values_(std::move(values)), masked_(masked), finish_(finish) {}

  std::vector<MetricVariable> variables(const ir::Type&, const ir::Type&) const override {
    return {{"total", {DType::float32, {}}}, {"count", {DType::float32, {}}}};
  }

  Vals update(ir::Builder& b, const MetricBatch& batch) const override {
    const LossValues own = values_(batch.y, batch.prediction);
    if (own.values.poisoned()) return {Val(), Val()};
    Val values = b.cast(own.values, DType::float32);
    Val weight = batch.weight;
    if (masked_) weight = masked_weight(weight, batch.mask, false);
    if (!weight.poisoned()) weight = masked_weight(weight, own.mask, false);
    const bool weighted = !batch.weight.poisoned() || (masked_ && !batch.mask.poisoned());
    if (weighted && weight.poisoned()) return {Val(), Val()};
    if (!weighted) {
      values = mean_over(values, 1, values.rank());
      return {b.sum(values, {}), values.rank() > 0 ? b.size(values.dim(0), DType::float32) : b.number(DType::float32, 1)};
    }
    weight = b.cast(weight, DType::float32);
    to_same_rank(values, weight);
    if (weight.rank() > values.rank() && values.rank() > 0) {
      const Val failed = b.fail(fmt::format("sample weights {} do not fit the metric's values {}", to_string(weight.shape()), to_string(values.shape())));
      return {failed, failed};
    }
    const int rank = weight.rank();
    values = mean_over(values, rank, values.rank());
    weight = b.broadcast(weight, values.shape());
    values = values * weight;
    return {b.sum(mean_over(values, 1, values.rank()), {}), b.sum(mean_over(weight, 1, rank), {})};
  }

  Val result(ir::Builder&, const Vals& state) const override {
    const Val mean = divide_no_nan(state[0], state[1]);
    return finish_ ? finish_(mean) : mean;
  }

 private:
  MetricValues values_;
  bool masked_;
  Val (*finish_)(Val);
};

}  // namespace

std::unique_ptr<Metric> mean_metric(MetricValues values, bool masked, Val (*finish)(Val)) {
  return std::make_unique<MeanMetric>(std::move(values), masked, finish);
}

}  // namespace keratin
