#include "compiler/cli/training_run.h"

#include <fmt/format.h>

#include "compiler/cli/commands.h"
#include "compiler/engine/compiled_trainer.h"
#include "compiler/engine/reference_trainer.h"
#include "compiler/export/optimizer_order.h"
#include "compiler/export/saved_state.h"
#include "compiler/training/overrides.h"

namespace keratin {

namespace {

/// Goes on where the file's optimizer stopped, unless the options ask for another one.
void resume(TrainingRun& run, const Options& options, Problems& problems) {
  if (options.initialize || !options.training.optimizer.empty() || !run.read->file.weights) return;
  const Result<NamedArrays> stored = read_optimizer_state(*run.read->file.weights);
  if (!stored) return problems.add(stored.error());
  if (stored->empty()) return;
  const Result<NamedArrays> values = program_optimizer(run.setup.optimizer, *run.read->model, *stored, optimizer_variables(*run.trainer));
  if (!values) {  // as Keras, which says so and begins anew
    if (!options.quiet) fmt::print(stderr, "note: {}: the optimizer begins anew: {}\n", options.model, values.error());
    return;
  }
  set_optimizer_variables(*run.trainer, *values, options.training.learning_rate ? "optimizer/learning_rate" : "");
}

/// Plans and builds the step, or hands it to the evaluator.
void start_engine(TrainingRun& run, const Options& options, ExpandedModel expanded, TrainStep step, Problems& problems) {
  if (options.engine == "reference") {
    run.reference_program = std::make_unique<ir::Program>(std::move(expanded.program));
    run.trainer = std::make_unique<ReferenceTrainer>(*run.reference_program, std::move(step));
    return;
  }
  const EmitOptions emitted = emit_options(*run.read, expanded.program, "model", "keratin_model");
  Result<std::unique_ptr<CompiledTrainer>> trainer = CompiledTrainer::make(std::move(expanded), std::move(step), emitted, pipeline_options(options), options.model);
  if (trainer) run.trainer = std::move(*trainer);
  else problems.add(trainer.error());
}

ExpandedModel expand_for(TrainingRun& run, const Options& options, const TrainingFile& file, Problems& problems) {
  ExpandOptions expansion;
  expansion.shapes = file.shapes;
  return expand_with_weights(*run.read, expansion, options.initialize, problems);
}

/// A table as arrays; what its classes are is said once.
Result<NamedArrays> read_table(const Model& model, const std::string& file, const Options& options, TargetClasses& classes, Problems& problems) {
  const Result<CsvTable> table = read_csv(file);
  if (!table) return Error{table.error()};
  if (options.target_column.empty()) return Error{fmt::format("{}: --target names the column that is to be predicted; there are {}", file, table->names_text())};
  const std::vector<TargetColumn> targets = target_columns(model, *table, options.target_column, file, problems);
  if (!problems.empty()) return NamedArrays();
  const bool first = classes.empty();
  NamedArrays arrays = arrays_of_table(model, *table, targets, classes, file, problems);
  if (!first || !problems.empty() || options.quiet) return arrays;
  for (const TargetColumn& target : targets)
    if (const auto found = classes.find(target.output); found != classes.end())
      for (size_t i = 0; i < found->second.size(); ++i) fmt::print(stderr, "note: {}: class {} is '{}'\n", target.column, i, found->second[i]);
  return arrays;
}

}  // namespace

TrainingFile read_training_file(const Model& model, const std::string& file, const Options& options, TargetClasses& classes, Problems& problems) {
  const bool table = file.ends_with(".csv");
  if (!table && !options.target_column.empty()) problems.add(fmt::format("{}: --target is for .csv files", file));
  const Result<NamedArrays> arrays = table ? read_table(model, file, options, classes, problems) : read_arrays(file);
  if (!arrays) problems.add(arrays.error());
  return problems.empty() ? training_data_of(model, *arrays, file, problems) : TrainingFile();
}

void start_training(TrainingRun& run, const Options& options, const TrainingFile& file, const std::optional<FitData>& validation, Problems& problems) {
  ExpandedModel expanded = expand_for(run, options, file, problems);
  if (!problems.empty()) return;
  run.setup = read_training(*run.read->model, options.model, problems);
  if (!problems.empty()) return;
  const std::optional<BatchTypes> evaluation = validation ? std::optional(batch_types(expanded.program, *validation)) : std::nullopt;
  TrainStep step = add_train_step(*run.read->model, expanded, run.setup, batch_types(expanded.program, file.data), evaluation, options.model, problems);
  if (problems.empty()) start_engine(run, options, std::move(expanded), std::move(step), problems);
  if (problems.empty()) resume(run, options, problems);
}

void start_evaluation(TrainingRun& run, const Options& options, const TrainingFile& file, Problems& problems) {
  ExpandedModel expanded = expand_for(run, options, file, problems);
  if (!problems.empty()) return;
  run.setup = read_evaluation(*run.read->model, options.model, problems);
  if (!problems.empty()) return;
  TrainStep step = add_evaluation(*run.read->model, expanded, run.setup, batch_types(expanded.program, file.data), options.model, problems);
  if (problems.empty()) start_engine(run, options, std::move(expanded), std::move(step), problems);
}

}  // namespace keratin
