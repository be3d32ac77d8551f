#include "compiler/engine/check_training.h"

#include <algorithm>
#include <fmt/format.h>

#include "compiler/engine/compare.h"
#include "compiler/engine/reference_fit.h"
#include "compiler/engine/run_data.h"
#include "compiler/load.h"

namespace keratin {

namespace {

/// A recorded case on its way.
struct TrainingCase {
  std::optional<ReadModel> read;
  ExpandedModel expanded;
  NamedArrays data;
  std::vector<Array> inputs, targets;
  Json fit;
  int64_t examples = 0;
};

/// Arguments of fit, and data, that the reference trainer does not have.
void refuse_unsupported(const TrainingCase& made, const std::string& file, Problems& problems) {
  for (const auto& [name, array] : made.data)
    if (name.starts_with("sample_weight/") || name.starts_with("validation/")) problems.add(fmt::format("{}: {} is not supported", file, name));
  for (const auto& [key, value] : made.fit.as_object())
    if (key != "epochs" && key != "batch_size" && !(key == "shuffle" && value == Json(false))) problems.add(fmt::format("{}: fit: {} {} is not supported", file, key, value.dump()));
  if (const Json* metrics = made.read->model->compile_config.find("weighted_metrics"); metrics && !metrics->is_null())
    problems.add(fmt::format("{}: weighted metrics are not supported", file));
}

bool load(TrainingCase& made, const std::string& model, const std::optional<std::string>& weights, const std::string& file, Problems& problems) {
  made.read = read_graph_of(model, weights, problems);
  Result<NamedArrays> data = read_arrays(file);
  if (!data) problems.add(data.error());
  if (!made.read || !problems.empty()) return false;
  made.data = std::move(*data);
  const Array* fit = find_array(made.data, "fit");
  Result<Json> arguments = fit && !fit->strings.empty() ? Json::parse(fit->strings[0]) : Result<Json>(Error{"holds no fit"});
  if (!arguments || !arguments->is_object()) return problems.add(fmt::format("{}: fit: {}", file, arguments ? "is no object" : arguments.error())), false;
  made.fit = std::move(*arguments);
  refuse_unsupported(made, file, problems);
  NamedArrays x;
  for (const auto& [name, array] : made.data)
    if (name.starts_with("x/")) x.emplace_back(name.substr(2), array);
  InputData inputs = match_inputs(x, input_specs(*made.read->model), file, problems);
  if (!problems.empty()) return false;
  made.inputs = std::move(inputs.arrays);
  made.examples = inputs.examples;
  ExpandOptions options;
  options.shapes = inputs.shapes;
  made.expanded = expand_and_bind(*made.read, options, problems);
  for (const std::string& output : made.read->model->output_names) {
    const Array* y = find_array(made.data, "y/" + output);
    if (!y || y->rank() == 0 || y->shape[0] != made.examples) problems.add(fmt::format("{}: y/{} is missing or has another number of examples", file, output));
    else made.targets.push_back(*y);
  }
  return problems.empty();
}

std::vector<ir::Type> target_types(const TrainingCase& made) {
  const ir::Function& predict = made.expanded.program.function(made.expanded.program.find("predict"));
  const Dim batch = predict.type(predict.parameters[0]).shape[0];
  std::vector<ir::Type> types;
  for (const Array& target : made.targets) {
    ir::Type type{target.dtype == DType::float64 ? DType::float32 : target.dtype, {batch}};
    for (size_t axis = 1; axis < target.shape.size(); ++axis) type.shape.dims.push_back(Dim(target.shape[axis]));
    types.push_back(std::move(type));
  }
  return types;
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

struct Run {
  std::vector<double> batch_losses, epoch_losses;
};

Result<Run> train(TrainingCase& made, ReferenceTrainer& trainer) {
  Run run;
  const int64_t epochs = made.fit.find("epochs") ? made.fit.find("epochs")->as_int() : 1;
  const int64_t batch = made.fit.find("batch_size") ? made.fit.find("batch_size")->as_int() : 32;
  const auto rows = [&](const std::vector<Array>& arrays, int64_t begin, int64_t count) {
    std::vector<Array> part;
    for (const Array& array : arrays) part.push_back(rows_of(array, begin, count));
    return part;
  };
  for (int64_t epoch = 0; epoch < epochs; ++epoch) {
    double sum = 0;
    for (int64_t begin = 0; begin < made.examples; begin += batch) {
      const int64_t count = std::min(batch, made.examples - begin);
      const Result<double> loss = trainer.train(rows(made.inputs, begin, count), rows(made.targets, begin, count));
      if (!loss) return Error{loss.error()};
      run.batch_losses.push_back(*loss);
      sum += *loss * static_cast<double>(count);
    }
    run.epoch_losses.push_back(sum / static_cast<double>(made.examples));
  }
  return run;
}

Result<TrainingVerdict> compare(TrainingCase& made, const Run& run, ReferenceTrainer& trainer, const Json& tolerance) {
  Verdict verdict(tolerance);
  const ir::Program& program = made.expanded.program;
  const Result<std::vector<Array>> predictions = trainer.predict(made.inputs);
  if (!predictions) return Error{predictions.error()};
  for (const auto& [name, recorded] : made.data) {
    if (name == "batch_loss") verdict.compare("batch_loss", name, Array::of(recorded.shape, run.batch_losses), recorded);
    if (name == "history/loss") verdict.compare("history", name, Array::of(recorded.shape, run.epoch_losses), recorded);
    else if (name.starts_with("history/")) return Error{fmt::format("{} is not supported: metrics are not computed", name)};
    if (name.starts_with("weight_after/")) {
      bool found = false;
      for (uint32_t i = 0; i < program.variables.size(); ++i) {
        const std::string path = name.substr(13);
        const ir::Variable& variable = program.variables[i];
        const bool weight = variable.role == ir::Role::weight || variable.role == ir::Role::moving_statistic;
        if (!weight || (variable.name != path && !path.ends_with("/" + variable.name) && !variable.name.ends_with("/" + path))) continue;
        found = true;
        verdict.compare("weight_after", name, trainer.variable(ir::VariableId{i}), recorded);
      }
      if (!found) return Error{fmt::format("{}: the model has no such weight", name)};
    }
    for (size_t i = 0; i < made.read->model->output_names.size(); ++i)
      if (name == "prediction/" + made.read->model->output_names[i]) verdict.compare("prediction", name, (*predictions)[i], recorded);
  }
  return verdict.result();
}

}  // namespace

TrainingVerdict check_training(const TrainingCaseFiles& files) {
  Problems problems;
  TrainingCase made;
  const auto failed = [&] {
    std::string text;
    for (const std::string& message : problems.messages()) text += (text.empty() ? "" : "; ") + message;
    return TrainingVerdict{false, text};
  };
  if (!load(made, files.model, files.weights, files.data, problems)) return failed();
  if (files.reading == "jax") take_jax_results(made.data);
  std::erase_if(made.data, [&](const auto& entry) { return std::find(files.skip.begin(), files.skip.end(), entry.first) != files.skip.end(); });
  const TrainingSetup setup = read_training(*made.read->model, files.model, problems);
  if (!problems.empty()) return failed();
  const TrainStep step = add_train_step(*made.read->model, made.expanded, setup, target_types(made), files.model, problems);
  if (!problems.empty()) return failed();
  ReferenceTrainer trainer(made.expanded.program, step);
  const Result<Run> run = train(made, trainer);
  if (!run) return {false, run.error()};
  const Result<TrainingVerdict> verdict = compare(made, *run, trainer, files.tolerance);
  return verdict ? *verdict : TrainingVerdict{false, verdict.error()};
}

}  // namespace keratin
