// Metrics as Keras accumulates them: state in variables of role metric, updated by every batch, and a result of the state. A metric is a
// class or a row in the file of its kind and one row in metrics.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/training/losses/loss.h"

namespace keratin {

/// A variable of a metric, zeros at the start of every epoch.
struct MetricVariable {
  std::string name;  // `true_positives`
  ir::Type type;
};

/// One batch, as an update sees it.
struct MetricBatch {
  Val y, prediction;
  Val mask;    // the prediction's own; poisoned: none
  Val weight;  // sample weights; poisoned: none
};

/// Which values of a metric are better, where Keras knows it: what callbacks monitor.
enum class Better : uint8_t { neither, smaller, larger };

class Metric {
 public:
  virtual ~Metric() = default;
  /// The state for targets and predictions of these types.
  virtual std::vector<MetricVariable> variables(const ir::Type& y, const ir::Type& prediction) const = 0;
  /// What the batch adds to each variable, in their order. Errors are the builder's.
  virtual Vals update(ir::Builder& b, const MetricBatch& batch) const = 0;
  /// The metric of the accumulated state.
  virtual Val result(ir::Builder& b, const Vals& state) const = 0;

  std::string name;  // as the history shows it
  Better better = Better::neither;
};

struct MetricDefinition {
  std::string_view class_name;
  std::vector<std::string_view> short_names;
  std::unique_ptr<Metric> (*create)(TrainingArguments&);
  Better better;
};

/// All metric classes, sorted.
const std::vector<MetricDefinition>& metric_definitions();

/// Reads an entry of `metrics` or `weighted_metrics` of compile. `accuracy`, `acc` (and cross-entropies by the names `crossentropy`, `ce`)
/// are chosen by the shapes of targets and predictions when the metric is used. Errors name the metric or the argument.
Result<std::unique_ptr<Metric>> read_metric(const Json& spec);

/// Values of every example and position, whose weighted mean is the metric.
using MetricValues = std::function<LossValues(Val y, Val prediction)>;
/// keras.metrics.MeanMetricWrapper. `finish`, if any, is applied to the mean.
std::unique_ptr<Metric> mean_metric(MetricValues values, bool masked = true, Val (*finish)(Val) = nullptr);

// ---- families, one file each
namespace metrics {
LossValues accuracy(Val y, Val prediction);
LossValues binary_accuracy(Val y, Val prediction, double threshold);
LossValues categorical_accuracy(Val y, Val prediction);
LossValues sparse_categorical_accuracy(Val y, Val prediction);
std::unique_ptr<Metric> top_k(TrainingArguments&);
std::unique_ptr<Metric> sparse_top_k(TrainingArguments&);

LossValues pearson(Val y, Val prediction, int axis);
LossValues concordance(Val y, Val prediction, int axis);
std::unique_ptr<Metric> r2_score(TrainingArguments&);

std::unique_ptr<Metric> true_positives(TrainingArguments&);
std::unique_ptr<Metric> true_negatives(TrainingArguments&);
std::unique_ptr<Metric> false_positives(TrainingArguments&);
std::unique_ptr<Metric> false_negatives(TrainingArguments&);
std::unique_ptr<Metric> precision(TrainingArguments&);
std::unique_ptr<Metric> recall(TrainingArguments&);
std::unique_ptr<Metric> precision_at_recall(TrainingArguments&);
std::unique_ptr<Metric> recall_at_precision(TrainingArguments&);
std::unique_ptr<Metric> sensitivity_at_specificity(TrainingArguments&);
std::unique_ptr<Metric> specificity_at_sensitivity(TrainingArguments&);
std::unique_ptr<Metric> auc(TrainingArguments&);

std::unique_ptr<Metric> f1_score(TrainingArguments&);
std::unique_ptr<Metric> fbeta_score(TrainingArguments&);

std::unique_ptr<Metric> iou(TrainingArguments&);
std::unique_ptr<Metric> binary_iou(TrainingArguments&);
std::unique_ptr<Metric> mean_iou(TrainingArguments&);
std::unique_ptr<Metric> one_hot_iou(TrainingArguments&);
std::unique_ptr<Metric> one_hot_mean_iou(TrainingArguments&);
}  // namespace metrics

}  // namespace keratin
