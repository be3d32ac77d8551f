#include "compiler/training/metrics/metric.h"

namespace keratin::metrics {

namespace {

Val mean(Val x, int axis) { return x.builder().mean(x, {axis}, true); }

/// Both as float32 of one rank; false after an error.
bool aligned(Val& y, Val& p, int axis) {
  ir::Builder& b = p.builder();
  p = b.cast(p, DType::float32);
  y = b.cast(y, DType::float32);
  to_same_rank(y, p);
  return y.shape() == p.shape() && axis < p.rank() && axis >= -p.rank();
}

LossValues unfit(Val p) { return {p.builder().fail("targets do not fit the predictions, or the axis is outside")}; }

/// keras.metrics.R2Score: 1 - residuals / variance, per output.
class R2Score : public Metric {
 public:
  explicit R2Score(TrainingArguments& a)
      : aggregation_(a.choice("class_aggregation", "uniform_average", {"none", "uniform_average", "variance_weighted_average"})), regressors_(a.integer("num_regressors", 0, 0)) {}

  std::vector<MetricVariable> variables(const ir::Type&, const ir::Type& prediction) const override {
    const ir::Type each{DType::float32, ir::Shape({prediction.shape.rank() > 1 ? prediction.shape[1] : ir::Dim(1)})};
    return {{"num_samples", {DType::float32, {}}}, {"squared_sum", each}, {"sum", each}, {"residual", each}, {"count", each}};
  }

  Vals update(ir::Builder& b, const MetricBatch& batch) const override {
    Val y = b.cast(batch.y, DType::float32), p = b.cast(batch.prediction, DType::float32);
    to_same_rank(y, p);
    if (p.rank() != 2 || !(y.shape() == p.shape())) return Vals(5, b.fail("R2Score takes targets and predictions (examples, outputs)"));
    Val weight = b.number(DType::float32, 1);
    if (!batch.weight.poisoned()) weight = batch.weight.rank() == 1 ? b.expand_dims(batch.weight, 1) : batch.weight;
    weight = b.broadcast(b.cast(weight, DType::float32), y.shape());
    const Val weighted = y * weight;
    return {element_count(y, DType::float32), b.sum(y * weighted, {0}), b.sum(weighted, {0}), b.sum(square(y - p) * weight, {0}), b.sum(weight, {0})};
  }

  Val result(ir::Builder& b, const Vals& state) const override {
    const Val samples = state[0], squares = state[1], sum = state[2], residual = state[3], count = state[4];
    const Val total = squares - sum * (sum / count);
    Val score = 1.0 - residual / total;
    score = b.select(b.unary(ir::Unary::Kind::is_inf, score), b.number(DType::float32, 0), score);
    if (aggregation_ == "uniform_average") score = b.mean(score, {0});
    if (aggregation_ == "variance_weighted_average") score = b.sum(total * score, {0}) / b.sum(total, {0});
    if (regressors_ == 0) return score;
    const double p = static_cast<double>(regressors_);
    const Val adjusted = 1.0 - (1.0 - score) * (samples - 1.0) / (samples - p - 1.0);
    return b.select(greater(samples, p + 1), adjusted, score);
  }

 private:
  std::string aggregation_;
  int64_t regressors_;
};

}  // namespace

LossValues pearson(Val y, Val p, int axis) {
  if (!aligned(y, p, axis)) return unfit(p);
  const auto standard = [&](Val x) {
    const Val centred = x - mean(x, axis);
    return centred / sqrt(mean(square(centred - mean(centred, axis)), axis));
  };
  return {p.builder().mean(standard(y) * standard(p), {axis})};
}

LossValues concordance(Val y, Val p, int axis) {
  if (!aligned(y, p, axis)) return unfit(p);
  const Val y_mean = mean(y, axis), p_mean = mean(p, axis);
  const Val covariance = (y - p_mean) * (p - p_mean);
  const Val norm = mean(square(y - y_mean), axis) + mean(square(p - p_mean), axis) + square(y_mean - p_mean);
  return {p.builder().mean(2.0 * covariance / (norm + kEpsilon), {axis})};
}

std::unique_ptr<Metric> r2_score(TrainingArguments& a) { return std::make_unique<R2Score>(a); }

}  // namespace keratin::metrics
