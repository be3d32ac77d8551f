#include "compiler/cli/training_run.h"

#include <fmt/format.h>

#include "compiler/cli/commands.h"
#include "compiler/engine/compiled_trainer.h"
#include "compiler/engine/reference_trainer.h"
#include "compiler/engine/run_data.h"
#include "compiler/export/optimizer_order.h"
#include "compiler/export/saved_state.h"
#include "compiler/training/overrides.h"

namespace keratin {

namespace {

/// The arrays below a prefix; plain names stand for the only input and output.
FitData data_below(const Model& model, const NamedArrays& arrays, const std::string& prefix, const std::string& file, TrainingFile& made, Problems& problems) {
  FitData data;
  NamedArrays x;
  const std::vector<InputSpec> specs = input_specs(model);
  const bool one_input = specs.size() == 1, one_output = model.output_names.size() == 1;
  for (const auto& [name, array] : arrays) {
    if (name.starts_with(prefix + "x/")) x.emplace_back(name.substr(prefix.size() + 2), array);
    if (one_input && name == prefix + "x") x.emplace_back(specs[0].name, array);
  }
  const InputData inputs = match_inputs(x, specs, file, problems);
  if (!problems.empty()) return data;
  if (prefix.empty()) made.shapes = inputs.shapes;
  data.inputs = inputs.arrays;
  for (const std::string& output : model.output_names) {
    const auto find = [&](const std::string& kind) {
      const Array* array = find_array(arrays, fmt::format("{}{}/{}", prefix, kind, output));
      return !array && one_output ? find_array(arrays, prefix + kind) : array;
    };
    const Array *y = find("y"), *weight = find("sample_weight");
    if (!y) problems.add(fmt::format("{}: holds no array '{}y/{}'", file, prefix, output));
    else if (y->rank() == 0 || y->shape[0] != inputs.examples) problems.add(fmt::format("{}: {}y/{} has another number of examples than the inputs, which have {}", file, prefix, output, inputs.examples));
    else data.targets.push_back(*y);
    if (weight && (weight->rank() == 0 || weight->shape[0] != inputs.examples)) problems.add(fmt::format("{}: {}sample_weight/{} has another number of examples", file, prefix, output));
    data.weights.push_back(weight ? std::optional(*weight) : std::nullopt);
  }
  return data;
}

/// Types of a batch: the arrays' own, but float64 is computed in float32.
BatchTypes types_of(const ir::Program& program, const FitData& data) {
  const ir::Function& predict = program.function(program.find("predict"));
  const Dim batch = predict.type(predict.parameters[0]).shape[0];
  const auto type_of = [&](const Array& array) {
    ir::Type type{array.dtype == DType::float64 ? DType::float32 : array.dtype, {batch}};
    for (size_t axis = 1; axis < array.shape.size(); ++axis) type.shape.dims.push_back(Dim(array.shape[axis]));
    return type;
  };
  BatchTypes types;
  for (const Array& target : data.targets) types.targets.push_back(type_of(target));
  for (const auto& weight : data.weights) types.weights.push_back(weight ? std::optional(type_of(*weight)) : std::nullopt);
  return types;
}

/// The optimizer's variables, by name.
NamedArrays optimizer_variables(Trainer& trainer) {
  NamedArrays variables;
  const ir::Program& program = trainer.program();
  for (uint32_t i = 0; i < program.variables.size(); ++i)
    if (program.variables[i].name.starts_with("optimizer/")) variables.emplace_back(program.variables[i].name, trainer.variable(ir::VariableId{i}));
  return variables;
}

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
  const ir::Program& program = run.trainer->program();
  for (uint32_t i = 0; i < program.variables.size(); ++i) {
    const Array* value = find_array(*values, program.variables[i].name);
    const bool overridden = options.training.learning_rate && program.variables[i].name == "optimizer/learning_rate";
    if (value && !overridden) run.trainer->set_variable(ir::VariableId{i}, *value);
  }
}

}  // namespace

TrainingFile read_training_file(const Model& model, const std::string& file, Problems& problems) {
  TrainingFile made;
  const Result<NamedArrays> arrays = read_arrays(file);
  if (!arrays) return problems.add(arrays.error()), made;
  made.data = data_below(model, *arrays, "", file, made, problems);
  for (const auto& [name, array] : *arrays)
    if (name.starts_with("validation/") && !made.validation) made.validation = data_below(model, *arrays, "validation/", file, made, problems);
  return made;
}

void start_training(TrainingRun& run, const Options& options, const TrainingFile& file, const std::optional<FitData>& validation, Problems& problems) {
  ExpandOptions expansion;
  expansion.shapes = file.shapes;
  ExpandedModel expanded = expand_with_weights(*run.read, expansion, options.initialize, problems);
  if (!problems.empty()) return;
  run.setup = read_training(*run.read->model, options.model, problems);
  if (!problems.empty()) return;
  const std::optional<BatchTypes> evaluation = validation ? std::optional(types_of(expanded.program, *validation)) : std::nullopt;
  TrainStep step = add_train_step(*run.read->model, expanded, run.setup, types_of(expanded.program, file.data), evaluation, options.model, problems);
  if (!problems.empty()) return;
  if (options.engine == "reference") {
    run.reference_program = std::make_unique<ir::Program>(std::move(expanded.program));
    run.trainer = std::make_unique<ReferenceTrainer>(*run.reference_program, std::move(step));
  } else {
    const EmitOptions emitted = emit_options(*run.read, expanded.program, "model", "keratin_model");
    Result<std::unique_ptr<CompiledTrainer>> trainer = CompiledTrainer::make(std::move(expanded), std::move(step), emitted, pipeline_options(options), options.model);
    if (!trainer) return problems.add(trainer.error());
    run.trainer = std::move(*trainer);
  }
  resume(run, options, problems);
}

}  // namespace keratin
