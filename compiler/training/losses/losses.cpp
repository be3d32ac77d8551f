#include <fmt/format.h>

#include "compiler/import/bind_weights.h"
#include "compiler/training/losses/loss.h"

namespace keratin {

const std::vector<LossDefinition>& loss_definitions() {
  using namespace losses;
  static const std::vector<LossDefinition> table = {
      {"BinaryCrossentropy", {"bce", "BCE"}, binary_crossentropy},
      {"BinaryFocalCrossentropy", {}, binary_focal_crossentropy},
      {"CTC", {}, ctc},
      {"CategoricalCrossentropy", {}, categorical_crossentropy},
      {"CategoricalFocalCrossentropy", {}, categorical_focal_crossentropy},
      {"CategoricalGeneralizedCrossEntropy", {}, categorical_generalized_cross_entropy},
      {"CategoricalHinge", {}, categorical_hinge},
      {"Circle", {}, circle},
      {"CosineSimilarity", {}, cosine_similarity},
      {"Dice", {}, dice},
      {"Hinge", {}, hinge},
      {"Huber", {}, huber},
      {"KLDivergence", {"kl_divergence", "kld", "KLD"}, kl_divergence},
      {"LogCosh", {"logcosh", "log_cosh"}, log_cosh},
      {"MeanAbsoluteError", {"mae", "MAE"}, mean_absolute_error},
      {"MeanAbsolutePercentageError", {"mape", "MAPE"}, mean_absolute_percentage_error},
      {"MeanSquaredError", {"mse", "MSE"}, mean_squared_error},
      {"MeanSquaredLogarithmicError", {"msle", "MSLE"}, mean_squared_logarithmic_error},
      {"Poisson", {}, poisson},
      {"SparseCategoricalCrossentropy", {}, sparse_categorical_crossentropy},
      {"SquaredHinge", {}, squared_hinge},
      {"Tversky", {}, tversky},
  };
  return table;
}

const LossDefinition* find_loss(std::string_view name) {
  for (const LossDefinition& loss : loss_definitions())
    if (is_named(name, loss.class_name, loss.short_names)) return &loss;
  return nullptr;
}

Result<Loss> read_loss(const Json& spec) {
  const Serialized given = serialized(spec);
  Loss loss;
  loss.name = given.name;
  if (spec.is_string() && (snake_case(given.name) == "crossentropy" || snake_case(given.name) == "ce")) return loss;
  const LossDefinition* definition = find_loss(given.name);
  if (!definition) return Error{fmt::format("loss: {} is not supported", given.name.empty() ? spec.dump() : "'" + given.name + "'")};
  TrainingArguments arguments(given.config);
  arguments.ignore({"name", "dtype", "fn"});
  loss.reduction = arguments.choice("reduction", loss.reduction, {"sum_over_batch_size", "mean", "sum", "mean_with_sample_weight"});
  loss.values = definition->create(arguments);
  if (const std::string problem = arguments.problem(); !problem.empty()) return Error{fmt::format("loss: {}: {}", given.name, problem)};
  return loss;
}

}  // namespace keratin
