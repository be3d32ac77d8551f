// Metrics of decisions at thresholds: counts, precision, recall, and one of them where another reaches a bound.
#include "compiler/training/metrics/confusion.h"

namespace keratin::metrics {

namespace {

using Member = Val ConfusionCounts::*;

/// A metric over some of the counts.
class DecisionMetric : public Metric {
 public:
  DecisionMetric(ConfusionOptions options, std::vector<std::pair<std::string, Member>> kept) : options_(std::move(options)), kept_(std::move(kept)) {}

  std::vector<MetricVariable> variables(const ir::Type&, const ir::Type&) const override {
    std::vector<MetricVariable> list;
    for (const auto& [name, member] : kept_) list.push_back({name, {DType::float32, ir::Shape({ir::Dim(options_.thresholds.count())})}});
    return list;
  }
  Vals update(ir::Builder& b, const MetricBatch& batch) const override {
    const ConfusionCounts counts = count_decisions(b, batch, options_);
    Vals list;
    for (const auto& [name, member] : kept_) list.push_back(counts.*member);
    return list;
  }

 protected:
  /// A scalar where there is one threshold.
  Val by_threshold(ir::Builder& b, Val x) const { return options_.thresholds.count() == 1 ? b.squeeze(x, {0}) : x; }

 private:
  ConfusionOptions options_;
  std::vector<std::pair<std::string, Member>> kept_;
};

class Count : public DecisionMetric {
 public:
  Count(TrainingArguments& a, Member member) : DecisionMetric({read_thresholds(a), {}, {}, false, {}}, {{"accumulator", member}}) {}
  Val result(ir::Builder& b, const Vals& state) const override { return by_threshold(b, state[0]); }
};

ConfusionOptions ratio_options(TrainingArguments& a) {
  ConfusionOptions options;
  options.top_k = a.optional_integer("top_k");
  options.class_id = a.optional_integer("class_id");
  if (options.top_k && *options.top_k < 1) a.refuse("top_k", "an integer of at least 1");
  options.thresholds = read_thresholds(a, options.top_k ? -1e10 : 0.5);
  return options;
}

/// true positives / (true positives + others): precision, recall.
class Ratio : public DecisionMetric {
 public:
  Ratio(TrainingArguments& a, std::string others, Member member)
      : DecisionMetric(ratio_options(a), {{"true_positives", &ConfusionCounts::true_positives}, {std::move(others), member}}) {}
  Val result(ir::Builder& b, const Vals& state) const override { return by_threshold(b, divide_no_nan(state[0], state[0] + state[1])); }
};

/// The largest value of one ratio where another is at least a bound.
class BestAtBound : public DecisionMetric {
 public:
  struct Quotient {
    size_t part, other;  // part / (part + other), of tp, fp, tn, fn
  };
  BestAtBound(TrainingArguments& a, std::string_view bound, Quotient constrained, Quotient wanted)
      : DecisionMetric(options(a), {{"true_positives", &ConfusionCounts::true_positives},
                                    {"false_positives", &ConfusionCounts::false_positives},
                                    {"true_negatives", &ConfusionCounts::true_negatives},
                                    {"false_negatives", &ConfusionCounts::false_negatives}}),
        bound_(a.number(bound, 0.5, 0, 1)), constrained_(constrained), wanted_(wanted) {}

  Val result(ir::Builder& b, const Vals& state) const override {
    const auto ratio = [&](Quotient q) { return divide_no_nan(state[q.part], state[q.part] + state[q.other]); };
    const Val feasible = b.compare(ir::Compare::Kind::ge, ratio(constrained_), b.number(DType::float32, bound_));
    return maximum(b.max(b.select(feasible, ratio(wanted_), b.number(DType::float32, 0)), {}), 0);
  }

 private:
  static ConfusionOptions options(TrainingArguments& a) {
    ConfusionOptions options;
    options.class_id = a.optional_integer("class_id");
    options.thresholds = even_thresholds(a.integer("num_thresholds", 200, 1), false);
    return options;
  }
  double bound_;
  Quotient constrained_, wanted_;
};

enum : size_t { kTruePositives, kFalsePositives, kTrueNegatives, kFalseNegatives };
constexpr BestAtBound::Quotient kPrecision{kTruePositives, kFalsePositives}, kRecall{kTruePositives, kFalseNegatives},
    kSpecificity{kTrueNegatives, kFalsePositives};

}  // namespace

std::unique_ptr<Metric> true_positives(TrainingArguments& a) { return std::make_unique<Count>(a, &ConfusionCounts::true_positives); }
std::unique_ptr<Metric> true_negatives(TrainingArguments& a) { return std::make_unique<Count>(a, &ConfusionCounts::true_negatives); }
std::unique_ptr<Metric> false_positives(TrainingArguments& a) { return std::make_unique<Count>(a, &ConfusionCounts::false_positives); }
std::unique_ptr<Metric> false_negatives(TrainingArguments& a) { return std::make_unique<Count>(a, &ConfusionCounts::false_negatives); }
std::unique_ptr<Metric> precision(TrainingArguments& a) { return std::make_unique<Ratio>(a, "false_positives", &ConfusionCounts::false_positives); }
std::unique_ptr<Metric> recall(TrainingArguments& a) { return std::make_unique<Ratio>(a, "false_negatives", &ConfusionCounts::false_negatives); }
std::unique_ptr<Metric> precision_at_recall(TrainingArguments& a) { return std::make_unique<BestAtBound>(a, "recall", kRecall, kPrecision); }
std::unique_ptr<Metric> recall_at_precision(TrainingArguments& a) { return std::make_unique<BestAtBound>(a, "precision", kPrecision, kRecall); }
std::unique_ptr<Metric> sensitivity_at_specificity(TrainingArguments& a) { return std::make_unique<BestAtBound>(a, "specificity", kSpecificity, kRecall); }
std::unique_ptr<Metric> specificity_at_sensitivity(TrainingArguments& a) { return std::make_unique<BestAtBound>(a, "sensitivity", kRecall, kSpecificity); }

}  // namespace keratin::metrics
