#include "compiler/import/bind_weights.h"
#include "compiler/training/metrics/confusion.h"

namespace keratin::metrics {

namespace {

/// keras.metrics.AUC: the area under a curve of two rates over the thresholds, as a sum of strips.
class AreaUnderCurve : public Metric {
 public:
  explicit AreaUnderCurve(TrainingArguments& a)
      : curve_(a.choice("curve", "ROC", {"ROC", "roc", "PR", "pr", "PRGAIN", "prgain"})),
        summation_(a.choice("summation_method", "interpolation", {"interpolation", "Interpolation", "minoring", "Minoring", "majoring", "Majoring"})),
        from_logits_(a.flag("from_logits")) {
    const int64_t count = a.integer("num_thresholds", 200, 2);
    const std::vector<double> inner = a.numbers("thresholds");
    options_.thresholds = inner.empty() ? even_thresholds(count, true) : enclosed_thresholds(inner);
    options_.multi_label = a.flag("multi_label");
    a.ignore({"num_labels"});  // the predictions say it
    (options_.multi_label ? by_label_ : options_.label_weights) = a.numbers("label_weights");
    curve_ = snake_case(curve_) == "roc" ? "roc" : curve_ == "PR" || curve_ == "pr" ? "pr" : "prgain";
    summation_ = snake_case(summation_);
  }

  std::vector<MetricVariable> variables(const ir::Type&, const ir::Type& prediction) const override {
    ir::Shape shape({ir::Dim(options_.thresholds.count())});
    if (options_.multi_label && prediction.shape.rank() == 2) shape.dims.push_back(prediction.shape[1]);
    const ir::Type type{DType::float32, shape};
    return {{"true_positives", type}, {"false_positives", type}, {"true_negatives", type}, {"false_negatives", type}};
  }

  Vals update(ir::Builder& b, const MetricBatch& batch) const override {
    MetricBatch probabilities = batch;
    if (from_logits_) probabilities.prediction = sigmoid(batch.prediction);
    if (!by_label_.empty() && (batch.prediction.rank() != 2 || static_cast<int64_t>(by_label_.size()) != batch.prediction.dim(1).size))
      return Vals(4, b.fail("label_weights are not as many as labels"));
    const ConfusionCounts counts = count_decisions(b, probabilities, options_);
    return {counts.true_positives, counts.false_positives, counts.true_negatives, counts.false_negatives};
  }

  Val result(ir::Builder& b, const Vals& state) const override {
    const Val strips = curve_ == "pr" && summation_ == "interpolation" ? interpolated_precision(b, state) : strips_of(b, state);
    if (!options_.multi_label) return b.sum(strips, {});
    const Val areas = b.sum(strips, {0});
    if (by_label_.empty()) return b.mean(areas, {0});
    ir::Tensor weights(DType::float32, {static_cast<int64_t>(by_label_.size())});
    weights.floats = by_label_;
    const Val weight = b.constant(weights);
    return divide_no_nan(b.sum(areas * weight, {}), b.sum(weight, {}));
  }

 private:
  Val lower(ir::Builder& b, Val x) const { return b.slice(x, 0, ir::Dim(0), ir::Dim(options_.thresholds.count() - 1)); }
  Val upper(ir::Builder& b, Val x) const { return b.slice(x, 0, ir::Dim(1), ir::Dim(options_.thresholds.count())); }

  /// Davis and Goadrich, The Relationship Between Precision-Recall and ROC Curves, ICML 2006.
  Val interpolated_precision(ir::Builder& b, const Vals& s) const {
    const Val tp = s[0], positive = s[0] + s[1];
    const Val gained = lower(b, tp) - upper(b, tp), decided = lower(b, positive) - upper(b, positive);
    const Val slope = divide_no_nan(gained, maximum(decided, 0));
    const Val intercept = upper(b, tp) - slope * upper(b, positive);
    const Val before = lower(b, positive), after = upper(b, positive);
    const Val some = b.binary(ir::Binary::Kind::logical_and, greater(before, 0), greater(after, 0));
    const Val ratio = b.select(some, divide_no_nan(before, maximum(after, 0)), b.number(DType::float32, 1));
    return divide_no_nan(slope * (gained + intercept * log(ratio)), maximum(upper(b, tp) + upper(b, s[3]), 0));
  }

  Val strips_of(ir::Builder& b, const Vals& s) const {
    const Val tp = s[0], fp = s[1], tn = s[2], fn = s[3];
    const Val recall = divide_no_nan(tp, tp + fn);
    Val x, y;
    if (curve_ == "roc") {
      x = divide_no_nan(fp, fp + tn);
      y = recall;
    } else if (curve_ == "pr") {
      x = recall;
      y = divide_no_nan(tp, tp + fp);
    } else {
      const Val scale = divide_no_nan(tp + fn, tn + fp), none = b.compare(ir::Compare::Kind::eq, tp, b.number(DType::float32, 0));
      x = maximum(b.select(none, b.number(DType::float32, 0), 1.0 - scale * divide_no_nan(fn, tp)), 0);
      y = b.select(none, b.number(DType::float32, 1), 1.0 - scale * divide_no_nan(fp, tp));
    }
    const Val left = lower(b, y), right = upper(b, y);
    const Val height = summation_ == "interpolation" ? (left + right) / 2.0 : summation_ == "minoring" ? minimum(left, right) : maximum(left, right);
    return (lower(b, x) - upper(b, x)) * height;
  }

  std::string curve_, summation_;
  bool from_logits_;
  ConfusionOptions options_;
  std::vector<double> by_label_;
};

}  // namespace

std::unique_ptr<Metric> auc(TrainingArguments& a) { return std::make_unique<AreaUnderCurve>(a); }

}  // namespace keratin::metrics
