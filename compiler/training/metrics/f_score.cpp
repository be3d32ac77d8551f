#include "compiler/training/metrics/metric.h"

namespace keratin::metrics {

namespace {

/// keras.metrics.FBetaScore.
class FScore : public Metric {
 public:
  FScore(TrainingArguments& a, double beta)
      : beta_(beta), average_(a.choice("average", "none", {"none", "micro", "macro", "weighted"})), threshold_(a.optional_number("threshold")) {
    if (threshold_ && (*threshold_ <= 0 || *threshold_ > 1)) a.refuse("threshold", "a number above 0 and up to 1");
  }

  std::vector<MetricVariable> variables(const ir::Type&, const ir::Type& prediction) const override {
    ir::Shape shape;
    if (average_ != "micro" && prediction.shape.rank() > 0) shape.dims.push_back(prediction.shape[prediction.shape.rank() - 1]);
    const ir::Type type{DType::float32, shape};
    return {{"true_positives", type}, {"false_positives", type}, {"false_negatives", type}, {"intermediate_weights", type}};
  }

  Vals update(ir::Builder& b, const MetricBatch& batch) const override {
    Val y = b.cast(batch.y, DType::float32), p = b.cast(batch.prediction, DType::float32);
    if (p.rank() != 2 || !(y.shape() == p.shape())) return Vals(4, b.fail("F scores take targets and predictions (examples, classes)"));
    Val weight;
    if (!batch.weight.poisoned()) {
      if (batch.weight.rank() != 1) return Vals(4, b.fail("F scores take one sample weight per example"));
      weight = b.expand_dims(b.cast(batch.weight, DType::float32), 1);
    }
    Val positive;
    if (threshold_) positive = greater(p, *threshold_);
    else
      positive = b.binary(ir::Binary::Kind::logical_and, b.compare(ir::Compare::Kind::ge, p, b.max(p, {-1}, true)), greater(abs(p), 1e-9));
    p = b.cast(positive, DType::float32);
    const auto sum = [&](Val x) {
      if (!weight.poisoned()) x = x * weight;
      return b.sum(x, average_ == "micro" ? std::vector<int>{} : std::vector<int>{0});
    };
    return {sum(p * y), sum(p * (1.0 - y)), sum((1.0 - p) * y), sum(y)};
  }

  Val result(ir::Builder& b, const Vals& state) const override {
    const Val precision = state[0] / (state[0] + state[1] + kEpsilon), recall = state[0] / (state[0] + state[2] + kEpsilon);
    const double square = beta_ * beta_;
    const Val score = precision * recall / (square * precision + recall + kEpsilon) * (1 + square);
    if (average_ == "weighted") return b.sum(score * (state[3] / (b.sum(state[3], {}) + kEpsilon)), {});
    return average_ == "none" ? score : b.mean(score, {});
  }

 private:
  double beta_;
  std::string average_;
  std::optional<double> threshold_;
};

}  // namespace

std::unique_ptr<Metric> f1_score(TrainingArguments& a) { return std::make_unique<FScore>(a, 1); }

std::unique_ptr<Metric> fbeta_score(TrainingArguments& a) {
  const double beta = a.number("beta", 1);
  if (beta <= 0) a.refuse("beta", "a number above 0");
  return std::make_unique<FScore>(a, beta);
}

}  // namespace keratin::metrics
