#include "compiler/engine/check_training.h"

#include <algorithm>
#include <fmt/format.h>

#include "compiler/engine/compare.h"
#include "compiler/engine/compiled_trainer.h"
#include "compiler/engine/engine_trainable.h"
#include "compiler/engine/fit_arguments.h"
#include "compiler/engine/reference_trainer.h"
#include "compiler/engine/training_data.h"
#include "compiler/load.h"

namespace keratin {

namespace {

/// A recorded case on its way.
struct TrainingCase {
  std::optional<ReadModel> read;
  ExpandedModel expanded;
  NamedArrays recorded;
  TrainingFile file;
  FitArguments arguments;

  const FitData& data() const { return file.data; }
};

bool load(TrainingCase& made, const std::string& model, const std::optional<std::string>& weights, const std::string& file, Problems& problems) {
  made.read = read_graph_of(model, weights, problems);
  Result<NamedArrays> data = read_arrays(file);
  if (!data) problems.add(data.error());
  if (!made.read || !problems.empty()) return false;
  made.recorded = std::move(*data);
  const Array* fit = find_array(made.recorded, "fit");
  const Result<Json> arguments = fit && !fit->strings.empty() ? Json::parse(fit->strings[0]) : Result<Json>(Error{"holds no fit"});
  const Result<FitArguments> read = arguments ? read_fit(*arguments) : Result<FitArguments>(Error{arguments.error()});
  if (!read) return problems.add(fmt::format("{}: fit: {}", file, read.error())), false;
  made.arguments = *read;
  made.file = training_data_of(*made.read->model, made.recorded, file, problems);
  if (!problems.empty()) return false;
  apply_class_weights(made.file.data, made.arguments.class_weights, file, problems);
  ExpandOptions expansion;
  expansion.shapes = made.file.shapes;
  made.expanded = expand_and_bind(*made.read, expansion, problems);
  return problems.empty();
}

/// Backends of Keras differ in this case, and JAX's meaning is the one to follow: its results replace the others.
void take_jax_results(NamedArrays& data) {
  NamedArrays taken;
  for (auto& [name, array] : data) {
    const std::string group = name.substr(0, name.find('/'));
    if (group == "jax") taken.emplace_back(name.substr(4), std::move(array));
    else if (group != "history" && group != "batch_loss" && group != "weight_after" && group != "prediction") taken.emplace_back(name, std::move(array));
  }
  data = std::move(taken);
}

/// The worst relation of error to limit over all compared arrays.
class Verdict {
 public:
  explicit Verdict(const Json& tolerance) : tolerance_(tolerance) {}

  void compare(const std::string& group, const std::string& name, const Array& actual, const Array& recorded) {
    const Json* own = tolerance_.find(group);
    const double limit = own && own->is_number() ? own->as_double() : 1e-5;
    const Difference difference = compare_arrays(actual, recorded);
    compared_ = true;
    if (difference.error / limit <= worst_) return;
    worst_ = difference.error / limit;
    text_ = fmt::format("{:.2e} {}{}{}", difference.error, name, difference.reason.empty() ? "" : ": ", difference.reason);
  }
  TrainingVerdict result() const { return {compared_ && worst_ <= 1, compared_ ? text_ : "the case records nothing"}; }

 private:
  const Json& tolerance_;
  double worst_ = -1;
  bool compared_ = false;
  std::string text_;
};

/// One row per epoch, as the recording has it; an empty array where the numbers are not as many.
Array history_of(const kr::History& history, const std::string& key, const Array& recorded) {
  std::vector<double> values;
  if (const kr::History::Series* series = history.find(key))
    for (const std::vector<double>& epoch : series->epochs) values.insert(values.end(), epoch.begin(), epoch.end());
  const bool fits = !values.empty() && static_cast<int64_t>(values.size()) == recorded.count();
  return fits ? Array::of(recorded.shape, values) : Array::zeros(DType::float64, {0});
}

Result<bool> compare_weight(Trainer& trainer, const std::string& name, const Array& recorded, Verdict& verdict) {
  const ir::Program& program = trainer.program();
  const std::string path = name.substr(std::string("weight_after/").size());
  bool found = false;
  for (uint32_t i = 0; i < program.variables.size(); ++i) {
    const ir::Variable& variable = program.variables[i];
    const bool weight = variable.role == ir::Role::weight || variable.role == ir::Role::moving_statistic;
    if (!weight || (variable.name != path && !path.ends_with("/" + variable.name) && !variable.name.ends_with("/" + path))) continue;
    found = true;
    verdict.compare("weight_after", name, trainer.variable(ir::VariableId{i}), recorded);
  }
  if (!found) return Error{fmt::format("{}: the model has no such weight", name)};
  return true;
}

Result<TrainingVerdict> compare(const TrainingCase& made, const kr::History& history, Trainer& trainer, const Json& tolerance) {
  Verdict verdict(tolerance);
  const Result<std::vector<Array>> predictions = trainer.predict(made.data().inputs);
  if (!predictions) return Error{predictions.error()};
  for (const auto& [name, recorded] : made.recorded) {
    if (name == "batch_loss") verdict.compare("batch_loss", name, Array::of({static_cast<int64_t>(history.batch_losses.size())}, history.batch_losses), recorded);
    if (name.starts_with("history/")) verdict.compare("history", name, history_of(history, name.substr(8), recorded), recorded);
    if (name.starts_with("weight_after/"))
      if (const Result<bool> found = compare_weight(trainer, name, recorded, verdict); !found) return Error{found.error()};
    for (size_t i = 0; i < made.read->model->output_names.size(); ++i)
      if (name == "prediction/" + made.read->model->output_names[i]) verdict.compare("prediction", name, (*predictions)[i], recorded);
  }
  return verdict.result();
}

}  // namespace

TrainingVerdict check_training(const TrainingCaseFiles& files, const std::string& engine) {
  Problems problems;
  TrainingCase made;
  const auto failed = [&] {
    std::string text;
    for (const std::string& message : problems.messages()) text += (text.empty() ? "" : "; ") + message;
    return TrainingVerdict{false, text};
  };
  if (!load(made, files.model, files.weights, files.data, problems)) return failed();
  if (files.reading == "jax") take_jax_results(made.recorded);
  std::erase_if(made.recorded, [&](const auto& entry) { return std::find(files.skip.begin(), files.skip.end(), entry.first) != files.skip.end(); });
  const TrainingSetup setup = read_training(*made.read->model, files.model, problems);
  if (!problems.empty()) return failed();
  const bool weights_of_classes = !made.arguments.class_weights.empty();
  const std::optional<FitData> evaluated = evaluated_data(made.file, made.arguments.options.validation_split, weights_of_classes);
  const ir::Program& program = made.expanded.program;
  const std::optional<BatchTypes> evaluation = evaluated ? std::optional(batch_types(program, *evaluated)) : std::nullopt;
  TrainStep step = add_train_step(*made.read->model, made.expanded, setup, batch_types(program, made.data()), evaluation, files.model, problems);
  if (!problems.empty()) return failed();
  std::unique_ptr<Trainer> trainer;
  if (engine == "reference") {
    trainer = std::make_unique<ReferenceTrainer>(made.expanded.program, std::move(step));
  } else {
    EmitOptions emitted;
    emitted.name = "model";
    emitted.name_space = "keratin_model";
    Result<std::unique_ptr<CompiledTrainer>> compiled = CompiledTrainer::make(std::move(made.expanded), std::move(step), emitted, {}, files.model, checking_flags("-O0"));
    if (!compiled) return {false, compiled.error()};
    trainer = std::move(*compiled);
  }
  EngineTrainable trainable(*trainer, input_names(*made.read->model), made.read->model->output_names, made.data(), evaluated ? &*evaluated : nullptr, problems);
  if (!problems.empty()) return failed();
  kr::TrainingData data = trainable.columns_of(made.data()), validation;
  data.weights_of_classes = weights_of_classes;
  kr::FitOptions options = made.arguments.options;
  if (made.file.validation) {
    validation = trainable.columns_of(*made.file.validation);
    options.validation_data = &validation;
  }
  kr::FitResult run;
  const kr::Outcome trained = kr::fit(trainable, data, options, run);
  if (!trained) return {false, fmt::format("{} {}", trained.message, trainable.error())};
  const Result<TrainingVerdict> verdict = compare(made, run.history, *trainer, files.tolerance);
  return verdict ? *verdict : TrainingVerdict{false, verdict.error()};
}

}  // namespace keratin
