// The metrics of keras.metrics that compile() takes, as structs of their arguments, in Keras's order. An empty name is given automatically.
#pragma once

#include "keratin/named.h"

namespace keratin::metrics {

using functional::Ints;
using functional::Number;
using functional::Numbers;
using functional::OneOf;
using functional::Positive;

#define KERATIN_METRIC(Name, ...) KERATIN_NAMED("keras.metrics", Name, __VA_ARGS__)

struct AUC {
  int64_t num_thresholds = 200;
  OneOf<"ROC", "PR", "PRGAIN"> curve{};
  OneOf<"interpolation", "minoring", "majoring"> summation_method{};
  std::string name{};
  std::string dtype = "float32";
  Numbers thresholds{};
  bool multi_label = false;
  std::optional<int64_t> num_labels{};
  Numbers label_weights{};
  bool from_logits = false;
  KERATIN_METRIC(AUC, name, dtype, num_thresholds, curve, summation_method, thresholds, multi_label, num_labels, label_weights, from_logits)
};
struct BinaryAccuracy {
  std::string name = "binary_accuracy", dtype = "float32";
  double threshold = 0.5;
  KERATIN_METRIC(BinaryAccuracy, name, dtype, threshold)
};
struct BinaryCrossentropy {
  std::string name = "binary_crossentropy", dtype = "float32";
  bool from_logits = false;
  double label_smoothing = 0;
  KERATIN_METRIC(BinaryCrossentropy, name, dtype, from_logits, label_smoothing)
};
struct CategoricalCrossentropy {
  std::string name = "categorical_crossentropy", dtype = "float32";
  bool from_logits = false;
  double label_smoothing = 0;
  int64_t axis = -1;
  KERATIN_METRIC(CategoricalCrossentropy, name, dtype, from_logits, label_smoothing, axis)
};
struct SparseCategoricalCrossentropy {
  std::string name = "sparse_categorical_crossentropy", dtype = "float32";
  bool from_logits = false;
  std::optional<int64_t> ignore_class{};
  int64_t axis = -1;
  KERATIN_METRIC(SparseCategoricalCrossentropy, name, dtype, from_logits, ignore_class, axis)
};
struct TopKCategoricalAccuracy {
  int64_t k = 5;
  std::string name = "top_k_categorical_accuracy", dtype = "float32";
  KERATIN_METRIC(TopKCategoricalAccuracy, name, dtype, k)
};
struct SparseTopKCategoricalAccuracy {
  int64_t k = 5;
  std::string name = "sparse_top_k_categorical_accuracy", dtype = "float32";
  bool from_sorted_ids = false;
  KERATIN_METRIC(SparseTopKCategoricalAccuracy, name, dtype, k, from_sorted_ids)
};
struct F1Score {
  std::optional<std::string> average{};
  std::optional<double> threshold{};
  std::string name = "f1_score", dtype = "float32";
  KERATIN_METRIC(F1Score, name, dtype, average, threshold)
};
struct FBetaScore {
  std::optional<std::string> average{};
  double beta = 1;
  std::optional<double> threshold{};
  std::string name = "fbeta_score", dtype = "float32";
  KERATIN_METRIC(FBetaScore, name, dtype, average, beta, threshold)
};
struct R2Score {
  OneOf<"uniform_average", "variance_weighted_average", "none"> class_aggregation{};
  int64_t num_regressors = 0;
  std::string name = "r2_score", dtype = "float32";
  KERATIN_METRIC(R2Score, name, dtype, class_aggregation, num_regressors)
};
struct BinaryIoU {
  Ints target_class_ids = {0, 1};
  double threshold = 0.5;
  std::string name{}, dtype = "int64";
  KERATIN_METRIC(BinaryIoU, target_class_ids, threshold, name, dtype)
};
struct IoU {
  Positive num_classes{};
  Ints target_class_ids{};
  std::string name{}, dtype = "int64";
  std::optional<int64_t> ignore_class{};
  bool sparse_y_true = true, sparse_y_pred = true;
  int64_t axis = -1;
  KERATIN_METRIC(IoU, num_classes, target_class_ids, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)
};
struct MeanIoU {
  Positive num_classes{};
  std::string name{}, dtype = "int64";
  std::optional<int64_t> ignore_class{};
  bool sparse_y_true = true, sparse_y_pred = true;
  int64_t axis = -1;
  KERATIN_METRIC(MeanIoU, num_classes, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)
};
struct OneHotIoU {
  Positive num_classes{};
  Ints target_class_ids{};
  std::string name{}, dtype = "int64";
  std::optional<int64_t> ignore_class{};
  bool sparse_y_pred = false;
  int64_t axis = -1;
  KERATIN_METRIC(OneHotIoU, num_classes, target_class_ids, name, dtype, ignore_class, sparse_y_pred, axis)
};
struct OneHotMeanIoU {
  Positive num_classes{};
  std::string name{}, dtype = "int64";
  std::optional<int64_t> ignore_class{};
  bool sparse_y_pred = false;
  int64_t axis = -1;
  KERATIN_METRIC(OneHotMeanIoU, num_classes, name, dtype, ignore_class, sparse_y_pred, axis)
};

/// Metrics along one axis.
#define KERATIN_ALONG_AXIS(Name, standard)              \
  struct Name {                                         \
    std::string name = standard, dtype = "float32";     \
    int64_t axis = -1;                                  \
    KERATIN_METRIC(Name, name, dtype, axis)             \
  };
KERATIN_ALONG_AXIS(ConcordanceCorrelation, "concordance_correlation")
KERATIN_ALONG_AXIS(CosineSimilarity, "cosine_similarity")
KERATIN_ALONG_AXIS(PearsonCorrelation, "pearson_correlation")
#undef KERATIN_ALONG_AXIS

/// Counts of decisions at thresholds.
#define KERATIN_COUNT(Name)                             \
  struct Name {                                         \
    Numbers thresholds{};                               \
    std::string name{}, dtype = "float32";              \
    KERATIN_METRIC(Name, name, dtype, thresholds)       \
  };
KERATIN_COUNT(FalseNegatives)
KERATIN_COUNT(FalsePositives)
KERATIN_COUNT(TrueNegatives)
KERATIN_COUNT(TruePositives)
#undef KERATIN_COUNT

#define KERATIN_RATE(Name)                                         \
  struct Name {                                                    \
    Numbers thresholds{};                                          \
    std::optional<int64_t> top_k{}, class_id{};                    \
    std::string name{}, dtype = "float32";                         \
    KERATIN_METRIC(Name, name, dtype, thresholds, top_k, class_id) \
  };
KERATIN_RATE(Precision)
KERATIN_RATE(Recall)
#undef KERATIN_RATE

/// The best of one rate where the other has at least the given value.
#define KERATIN_RATE_AT(Name, given)                                   \
  struct Name {                                                        \
    Number given{};                                                    \
    int64_t num_thresholds = 200;                                      \
    std::optional<int64_t> class_id{};                                 \
    std::string name{}, dtype = "float32";                             \
    KERATIN_METRIC(Name, name, dtype, num_thresholds, class_id, given) \
  };
KERATIN_RATE_AT(PrecisionAtRecall, recall)
KERATIN_RATE_AT(RecallAtPrecision, precision)
KERATIN_RATE_AT(SensitivityAtSpecificity, specificity)
KERATIN_RATE_AT(SpecificityAtSensitivity, sensitivity)
#undef KERATIN_RATE_AT

/// The metrics without arguments of their own.
#define KERATIN_PLAIN_METRIC(Name, standard)        \
  struct Name {                                     \
    std::string name = standard, dtype = "float32"; \
    KERATIN_METRIC(Name, name, dtype)               \
  };
KERATIN_PLAIN_METRIC(Accuracy, "accuracy")
KERATIN_PLAIN_METRIC(CategoricalAccuracy, "categorical_accuracy")
KERATIN_PLAIN_METRIC(CategoricalHinge, "categorical_hinge")
KERATIN_PLAIN_METRIC(Hinge, "hinge")
KERATIN_PLAIN_METRIC(KLDivergence, "kl_divergence")
KERATIN_PLAIN_METRIC(LogCoshError, "logcosh")
KERATIN_PLAIN_METRIC(MeanAbsoluteError, "mean_absolute_error")
KERATIN_PLAIN_METRIC(MeanAbsolutePercentageError, "mean_absolute_percentage_error")
KERATIN_PLAIN_METRIC(MeanSquaredError, "mean_squared_error")
KERATIN_PLAIN_METRIC(MeanSquaredLogarithmicError, "mean_squared_logarithmic_error")
KERATIN_PLAIN_METRIC(Poisson, "poisson")
KERATIN_PLAIN_METRIC(RootMeanSquaredError, "root_mean_squared_error")
KERATIN_PLAIN_METRIC(SparseCategoricalAccuracy, "sparse_categorical_accuracy")
KERATIN_PLAIN_METRIC(SquaredHinge, "squared_hinge")
#undef KERATIN_PLAIN_METRIC
#undef KERATIN_METRIC

}  // namespace keratin::metrics
