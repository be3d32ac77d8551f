#include <fmt/format.h>

#include "compiler/import/bind_weights.h"
#include "compiler/training/metrics/metric.h"

namespace keratin {

namespace {

using MetricPointer = std::unique_ptr<Metric>;

/// A loss as a metric: the mean of its values.
template <LossFunction (*kLoss)(TrainingArguments&)>
MetricPointer loss_mean(TrainingArguments& a) {
  return mean_metric(kLoss(a));
}

/// Cosine similarity is the negative of the loss.
MetricPointer cosine_similarity(TrainingArguments& a) {
  return mean_metric([loss = losses::cosine_similarity(a)](Val y, Val p) {
    LossValues values = loss(y, p);
    if (!values.values.poisoned()) values.values = -values.values;
    return values;
  });
}

MetricPointer root_mean_squared_error(TrainingArguments&) {
  return mean_metric(elementwise([](Val y, Val p) { return LossValues{square(p - y)}; }, true), false, [](Val mean) { return sqrt(mean); });
}

template <LossValues (*kValues)(Val, Val)>
MetricPointer values_mean(TrainingArguments&) {
  return mean_metric(kValues);
}

MetricPointer binary_accuracy(TrainingArguments& a) {
  return mean_metric([threshold = a.number("threshold", 0.5)](Val y, Val p) { return metrics::binary_accuracy(y, p, threshold); });
}

template <LossValues (*kValues)(Val, Val, int)>
MetricPointer along_axis(TrainingArguments& a) {
  return mean_metric([axis = static_cast<int>(a.integer("axis", -1, INT64_MIN))](Val y, Val p) { return kValues(y, p, axis); });
}

/// `accuracy` by the shapes of targets and predictions.
MetricPointer chosen_accuracy() {
  return mean_metric([](Val y, Val p) {
    switch (label_kind(y, p)) {
      case LabelKind::binary: return metrics::binary_accuracy(y, p, 0.5);
      case LabelKind::sparse: return metrics::sparse_categorical_accuracy(y, p);
      default: return metrics::categorical_accuracy(y, p);
    }
  });
}

const MetricDefinition* find_metric(std::string_view name) {
  for (const MetricDefinition& definition : metric_definitions())
    if (is_named(name, definition.class_name, definition.short_names)) return &definition;
  return nullptr;
}

/// MeanMetricWrapper(fn=...): the function of a loss or of an accuracy, with its arguments beside it.
Result<MetricPointer> read_wrapper(const Json& config) {
  const Json* function = config.find("fn");
  const Serialized inner = function ? serialized(*function) : Serialized{};
  const LossDefinition* loss = inner.name.empty() ? nullptr : find_loss(inner.name);
  const MetricDefinition* metric = inner.name.empty() ? nullptr : find_metric(inner.name);
  if (!loss && !metric) return Error{fmt::format("metric: MeanMetricWrapper of {} is not supported", function ? function->dump() : "nothing")};
  TrainingArguments arguments(&config);
  arguments.ignore({"name", "dtype", "fn"});
  MetricPointer made = loss ? mean_metric(loss->create(arguments)) : metric->create(arguments);
  made->better = loss ? Better::smaller : Better::neither;  // so Keras has it
  if (const std::string problem = arguments.problem(); !problem.empty()) return Error{fmt::format("metric: {}: {}", inner.name, problem)};
  return made;
}

}  // namespace

const std::vector<MetricDefinition>& metric_definitions() {
  using namespace metrics;
  static const std::vector<MetricDefinition> table = {
      {"AUC", {}, auc, Better::larger},
      {"Accuracy", {}, values_mean<accuracy>, Better::larger},
      {"BinaryAccuracy", {}, keratin::binary_accuracy, Better::larger},
      {"BinaryCrossentropy", {"bce", "BCE"}, loss_mean<losses::binary_crossentropy>, Better::smaller},
      {"BinaryIoU", {"binary_iou"}, binary_iou, Better::larger},
      {"CategoricalAccuracy", {}, values_mean<categorical_accuracy>, Better::larger},
      {"CategoricalCrossentropy", {}, loss_mean<losses::categorical_crossentropy>, Better::smaller},
      {"CategoricalHinge", {}, loss_mean<losses::categorical_hinge>, Better::smaller},
      {"ConcordanceCorrelation", {}, along_axis<concordance>, Better::larger},
      {"CosineSimilarity", {}, keratin::cosine_similarity, Better::larger},
      {"F1Score", {}, f1_score, Better::larger},
      {"FBetaScore", {"fbeta_score"}, fbeta_score, Better::larger},
      {"FalseNegatives", {}, false_negatives, Better::neither},
      {"FalsePositives", {}, false_positives, Better::neither},
      {"Hinge", {}, loss_mean<losses::hinge>, Better::smaller},
      {"IoU", {}, iou, Better::larger},
      {"KLDivergence", {"kl_divergence"}, loss_mean<losses::kl_divergence>, Better::smaller},
      {"LogCoshError", {"logcosh"}, loss_mean<losses::log_cosh>, Better::smaller},
      {"MeanAbsoluteError", {"mae", "MAE"}, loss_mean<losses::mean_absolute_error>, Better::smaller},
      {"MeanAbsolutePercentageError", {"mape", "MAPE"}, loss_mean<losses::mean_absolute_percentage_error>, Better::smaller},
      {"MeanIoU", {}, mean_iou, Better::larger},
      {"MeanSquaredError", {"mse", "MSE"}, loss_mean<losses::mean_squared_error>, Better::smaller},
      {"MeanSquaredLogarithmicError", {"msle", "MSLE"}, loss_mean<losses::mean_squared_logarithmic_error>, Better::smaller},
      {"OneHotIoU", {}, one_hot_iou, Better::larger},
      {"OneHotMeanIoU", {}, one_hot_mean_iou, Better::larger},
      {"PearsonCorrelation", {}, along_axis<pearson>, Better::larger},
      {"Poisson", {}, loss_mean<losses::poisson>, Better::smaller},
      {"Precision", {}, precision, Better::larger},
      {"PrecisionAtRecall", {}, precision_at_recall, Better::larger},
      {"R2Score", {}, r2_score, Better::larger},
      {"Recall", {}, recall, Better::larger},
      {"RecallAtPrecision", {}, recall_at_precision, Better::larger},
      {"RootMeanSquaredError", {}, root_mean_squared_error, Better::smaller},
      {"SensitivityAtSpecificity", {}, sensitivity_at_specificity, Better::larger},
      {"SparseCategoricalAccuracy", {}, values_mean<sparse_categorical_accuracy>, Better::larger},
      {"SparseCategoricalCrossentropy", {}, loss_mean<losses::sparse_categorical_crossentropy>, Better::smaller},
      {"SparseTopKCategoricalAccuracy", {}, sparse_top_k, Better::larger},
      {"SpecificityAtSensitivity", {}, specificity_at_sensitivity, Better::larger},
      {"SquaredHinge", {}, loss_mean<losses::squared_hinge>, Better::smaller},
      {"TopKCategoricalAccuracy", {}, top_k, Better::larger},
      {"TrueNegatives", {}, true_negatives, Better::neither},
      {"TruePositives", {}, true_positives, Better::neither},
  };
  return table;
}

Result<std::unique_ptr<Metric>> read_metric(const Json& spec) {
  const Serialized given = serialized(spec);
  const std::string lower = snake_case(given.name);
  if (spec.is_string() && (lower == "accuracy" || lower == "acc")) {
    MetricPointer metric = chosen_accuracy();
    metric->name = given.name;
    metric->better = Better::larger;
    return metric;
  }
  const auto named = [&](MetricPointer metric, std::string standard) {
    const Json* own = given.config ? given.config->find("name") : nullptr;
    metric->name = own && own->is_string() ? own->as_string() : std::move(standard);
    return metric;
  };
  if (given.name == "MeanMetricWrapper" && given.config) {
    Result<MetricPointer> metric = read_wrapper(*given.config);
    if (!metric) return Error{metric.error()};
    return named(std::move(*metric), "mean_metric_wrapper");
  }
  const MetricDefinition* definition = find_metric(given.name);
  const LossDefinition* loss = definition ? nullptr : find_loss(given.name);  // a loss function under `metrics`
  if (!definition && !loss) return Error{fmt::format("metric: {} is not supported", given.name.empty() ? spec.dump() : "'" + given.name + "'")};
  TrainingArguments arguments(given.config);
  arguments.ignore({"name", "dtype"});
  MetricPointer metric = definition ? definition->create(arguments) : mean_metric(loss->create(arguments));
  if (const std::string problem = arguments.problem(); !problem.empty()) return Error{fmt::format("metric: {}: {}", given.name, problem)};
  metric->better = definition ? definition->better : Better::smaller;
  return named(std::move(metric), spec.is_string() || given.is_function ? given.name : snake_case(definition ? definition->class_name : loss->class_name));
}

}  // namespace keratin
