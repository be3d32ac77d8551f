// Counts of right and wrong decisions over thresholds, which precision, recall and areas under curves are made of.
#pragma once

#include "compiler/training/metrics/metric.h"

namespace keratin::metrics {

struct Thresholds {
  std::vector<double> values;
  bool even = false;     // i / (count - 1): decided by buckets, which rounds as Keras does
  bool outside = false;  // the first lies below 0, the last above 1

  int64_t count() const { return static_cast<int64_t>(values.size()); }
};

/// The argument `thresholds`, one or several, within [0, 1]; `standard` where absent.
Thresholds read_thresholds(TrainingArguments& a, double standard = 0.5);
/// 0, 1 / (count - 1), ..., 1 (one threshold: 0.5); `outside` moves the ends out by epsilon.
Thresholds even_thresholds(int64_t count, bool outside);
/// Sorted thresholds between the moved ends of an area under a curve.
Thresholds enclosed_thresholds(std::vector<double> inner);

struct ConfusionOptions {
  Thresholds thresholds;
  std::optional<int64_t> top_k, class_id;
  bool multi_label = false;           // counts per label: (thresholds, labels)
  std::vector<double> label_weights;  // of all labels together
};

/// Weighted counts, shape (thresholds) or (thresholds, labels).
struct ConfusionCounts {
  Val true_positives, false_positives, true_negatives, false_negatives;
};

/// keras.metrics.metrics_utils.update_confusion_matrix_variables. Poisoned after an error.
ConfusionCounts count_decisions(ir::Builder& b, const MetricBatch& batch, const ConfusionOptions& options);

}  // namespace keratin::metrics
