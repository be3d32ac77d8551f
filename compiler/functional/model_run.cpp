#include "compiler/functional/model_run.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/data/tensors.h"
#include "compiler/engine/compiled_trainer.h"
#include "compiler/engine/reference_trainer.h"
#include "compiler/engine/run_data.h"
#include "compiler/export/optimizer_order.h"
#include "compiler/view/open_sizes.h"

namespace keratin::functional {

namespace {

Engine& engine() {
  static Engine the = Engine::compiled;
  return the;
}

std::map<std::string, std::shared_ptr<VariableState>> weights_by_path(const LayerState& model) {
  std::map<std::string, std::shared_ptr<VariableState>> map;
  for (const OwnedWeight& weight : weights_of(model)) map[weight.path] = weight.state;
  return map;
}

bool is_weight(const ir::Variable& variable) { return variable.role == ir::Role::weight || variable.role == ir::Role::moving_statistic; }

/// The present weights, as the values that a running program goes on with.
void give_weights(LayerState& state, Trainer& trainer) {
  const auto by_path = weights_by_path(state);
  const ir::Program& program = trainer.program();
  for (uint32_t i = 0; i < program.variables.size(); ++i)
    if (is_weight(program.variables[i]))
      if (const auto found = by_path.find(program.variables[i].name); found != by_path.end()) trainer.set_variable(ir::VariableId{i}, found->second->current());
}

/// Weights are given to the engine before every use. In emitted code they begin as zeros, so that it is the same for all values.
void blank_weights(ir::Program& program) {
  for (ir::Variable& variable : program.variables)
    if (is_weight(variable)) variable.initial = std::make_shared<const ir::Tensor>(variable.type.dtype, variable.type.shape.at(0));
}

std::unique_ptr<Trainer> started(LayerState& state, ExpandedModel expanded, TrainStep step, Engines::Built& built) {
  if (engine() == Engine::reference) {
    built.reference_program = std::make_unique<ir::Program>(std::move(expanded.program));
    return std::make_unique<ReferenceTrainer>(*built.reference_program, std::move(step));
  }
  blank_weights(expanded.program);
  EmitOptions emitted = emit_options(state.model->source, expanded.program, "model", "keratin_model");
  emitted.source = "a model of this process";  // not its name: equal graphs are built once
  PipelineOptions pipeline;
  pipeline.plan.keep_weights = true;
  try {
    Result<std::unique_ptr<CompiledTrainer>> trainer = CompiledTrainer::make(std::move(expanded), std::move(step), emitted, pipeline, state.name);
    if (!trainer) throw ValueError(trainer.error());
    return *std::move(trainer);
  } catch (const BuildFailure& failure) {
    throw Exception(failure.message);
  }
}

std::string key_of(const FitData& data) {
  std::string key;
  const auto add = [&](const Array& array) {
    key += fmt::format("{}{},", name_of(array.dtype), array.shape.empty() ? "" : keratin::shape_text(std::span(array.shape).subspan(1)));
  };
  for (const Array& array : data.inputs) add(array);
  for (const Array& array : data.targets) add(array);
  for (const auto& weight : data.weights) {
    key += "w";
    if (weight) add(*weight);
  }
  return key;
}

Engines& engines_of(LayerState& state) {
  if (!state.model->engines) state.model->engines = std::make_shared<Engines>();
  return *state.model->engines;
}

/// The optimizer goes on where the last training, or that of the file, has stopped.
void give_optimizer(LayerState& state, Engines& engines, Trainer& trainer) {
  if (engines.optimizer.empty() && !engines.stored_optimizer.empty())
    if (const Result<NamedArrays> values = program_optimizer(engines.setup.optimizer, *state.model->source.model, engines.stored_optimizer, optimizer_variables(trainer))) engines.optimizer = *values;
  set_optimizer_variables(trainer, engines.optimizer);
}

void require_compiled(const LayerState& state, const char* what) {
  if (state.model->compile_config.is_null()) throw ValueError(fmt::format("You must call `compile()` before using `{}()`.", what));
}

}  // namespace

void set_engine(Engine chosen) { engine() = chosen; }
Engine chosen_engine() { return engine(); }

ExpandedModel expanded_with_weights(LayerState& state, const ExpandOptions& options) {
  Problems problems;
  keratin::Model& model = *state.model->source.model;
  forget_weights(model);
  ExpandedModel expanded = expand(model, state.name, options, problems);
  if (!problems.empty()) raise(problems, state.name);
  const auto by_path = weights_by_path(state);
  for (ir::Variable& variable : expanded.program.variables)
    if (is_weight(variable))
      if (const auto found = by_path.find(variable.name); found != by_path.end())
        variable.initial = std::make_shared<const ir::Tensor>(to_tensor(found->second->current(), variable.type.dtype));
  return expanded;
}

SavedState saved_state(LayerState& state) {
  SavedState saved;
  for (const OwnedWeight& weight : weights_of(state)) saved.weights.emplace_back(weight.path, weight.state->current());
  const Engines& engines = engines_of(state);
  if (!engines.optimizer.empty()) saved.optimizer = keras_optimizer(engines.setup.optimizer, *state.model->source.model, engines.optimizer);
  else if (engines.stored_optimizer.empty()) saved.optimizer = NamedArrays();
  if (!state.model->compile_config.is_null()) saved.compile_config = state.model->compile_config;
  return saved;
}

MatchedInputs matched_inputs(const LayerState& state, const Data& x, bool fitting) {
  const std::vector<InputSpec> specs = input_specs(*state.model->source.model);
  if (x.arrays().size() != specs.size()) throw ValueError(fmt::format("Layer \"{}\" expects {} input(s), but it received {} input tensors.", state.name, specs.size(), x.arrays().size()));
  MatchedInputs matched;
  for (size_t i = 0; i < specs.size(); ++i) {
    const InputSpec& spec = specs[i];
    size_t at = i;
    if (!x.names().empty()) {
      at = static_cast<size_t>(std::find(x.names().begin(), x.names().end(), spec.name) - x.names().begin());
      if (at == x.names().size()) throw ValueError(fmt::format("Missing data for input \"{}\". You passed a data dictionary with keys [{}].", spec.name, fmt::join(x.names(), ", ")));
    }
    const NDArray& array = x.arrays()[at];
    bool fits = array.rank() == spec.shape.rank();
    for (int axis = 1; fits && axis < spec.shape.rank(); ++axis) fits = spec.shape[axis] == Dim(-1) || spec.shape[axis] == Dim(array.shape()[static_cast<size_t>(axis)]);
    if (!fits) {
      TensorShape expected;
      for (int axis = 0; axis < spec.shape.rank(); ++axis) expected.push_back(axis == 0 || spec.shape[axis] == Dim(-1) ? std::nullopt : std::optional(spec.shape[axis].size));
      TensorShape batch(array.shape().begin(), array.shape().end());
      if (!batch.empty()) batch[0] = std::nullopt;
      if (fitting && array.rank() != spec.shape.rank())
        throw ValueError(fmt::format("Invalid input shape for input '{}'. Expected shape {}, but input has incompatible shape {}", spec.name, shape_text(expected), shape_text(batch)));
      throw ValueError(fmt::format("Input {} of layer \"{}\" is incompatible with the layer: expected shape={}, found shape={}", i, state.name, shape_text(expected), keratin::shape_text(array.shape())));
    }
    if (!spec.open.empty()) matched.shapes[spec.name] = std::vector<int64_t>(array.shape().begin() + 1, array.shape().end());
    if (i > 0 && array.shape()[0] != matched.examples) throw ValueError(fmt::format("Data cardinality is ambiguous. Make sure all arrays contain the same number of samples.'x' sizes: {}, {}", matched.examples, array.shape()[0]));
    matched.examples = array.rank() > 0 ? array.shape()[0] : 1;
    matched.arrays.push_back(to_engine(array).to(spec.dtype));
  }
  if (matched.examples == 0) throw ValueError("The data holds no examples.");
  return matched;
}

TrainingFile training_file(const LayerState& state, const Data& x, const Data& y, const Data& sample_weight) {
  const std::vector<std::string>& outputs = state.model->source.model->output_names;
  if (y.arrays().size() != outputs.size()) throw ValueError(fmt::format("The model has {} output(s), but `y` holds {} array(s).", outputs.size(), y.arrays().size()));
  std::vector<std::string> x_sizes, y_sizes;
  for (const NDArray& array : x.arrays()) x_sizes.push_back(array.rank() ? std::to_string(array.shape()[0]) : "1");
  for (const NDArray& array : y.arrays()) y_sizes.push_back(array.rank() ? std::to_string(array.shape()[0]) : "1");
  for (const auto* sizes : {&x_sizes, &y_sizes})
    for (const std::string& size : *sizes)
      if (size != x_sizes[0])
        throw ValueError(fmt::format("Data cardinality is ambiguous. Make sure all arrays contain the same number of samples.'x' sizes: {}\n'y' sizes: {}\n", fmt::join(x_sizes, ", "), fmt::join(y_sizes, ", ")));
  MatchedInputs inputs = matched_inputs(state, x, true);
  TrainingFile file;
  file.shapes = std::move(inputs.shapes);
  file.data.inputs = std::move(inputs.arrays);
  const auto named = [&](const Data& data, size_t i) -> const NDArray* {
    if (data.empty()) return nullptr;
    if (data.names().empty()) return i < data.arrays().size() ? &data.arrays()[i] : nullptr;
    const auto found = std::find(data.names().begin(), data.names().end(), outputs[i]);
    return found == data.names().end() ? nullptr : &data.arrays()[static_cast<size_t>(found - data.names().begin())];
  };
  for (size_t i = 0; i < outputs.size(); ++i) {
    const NDArray* target = named(y, i);
    if (!target) throw ValueError(fmt::format("Missing data for output \"{}\".", outputs[i]));
    file.data.targets.push_back(to_engine(*target));
    const NDArray* weight = named(sample_weight, i);
    if (weight && (weight->rank() == 0 || weight->shape()[0] != inputs.examples)) throw ValueError(fmt::format("`sample_weight` has shape {}, the data has {} samples.", keratin::shape_text(weight->shape()), inputs.examples));
    file.data.weights.push_back(weight ? std::optional(to_engine(*weight)) : std::nullopt);
  }
  return file;
}

Trainer& start_training(LayerState& state, const TrainingFile& file, const std::optional<FitData>& validation) {
  require_compiled(state, "fit");
  refresh(state);
  Engines& engines = engines_of(state);
  const std::string key = key_of(file.data) + (validation ? "|" + key_of(*validation) : "");
  if (!engines.trainer.trainer || engines.trainer.key != key) {
    engines.trainer = {};
    ExpandOptions options;
    options.shapes = file.shapes;
    ExpandedModel expanded = expanded_with_weights(state, options);
    Problems problems;
    keratin::Model& model = *state.model->source.model;
    engines.setup = read_training(model, state.name, problems);
    if (!problems.empty()) raise(problems, state.name);
    const std::optional<BatchTypes> evaluation = validation ? std::optional(batch_types(expanded.program, *validation)) : std::nullopt;
    TrainStep step = add_train_step(model, expanded, engines.setup, batch_types(expanded.program, file.data), evaluation, state.name, problems);
    if (!problems.empty()) raise(problems, state.name);
    engines.trainer.trainer = started(state, std::move(expanded), std::move(step), engines.trainer);
    engines.trainer.key = key;
  }
  give_weights(state, *engines.trainer.trainer);
  give_optimizer(state, engines, *engines.trainer.trainer);
  return *engines.trainer.trainer;
}

Trainer& start_evaluation(LayerState& state, const TrainingFile& file) {
  require_compiled(state, "evaluate");
  refresh(state);
  Engines& engines = engines_of(state);
  const std::string key = key_of(file.data);
  if (!engines.evaluator.trainer || engines.evaluator.key != key) {
    engines.evaluator = {};
    ExpandOptions options;
    options.shapes = file.shapes;
    ExpandedModel expanded = expanded_with_weights(state, options);
    Problems problems;
    keratin::Model& model = *state.model->source.model;
    const TrainingSetup setup = read_evaluation(model, state.name, problems);
    if (!problems.empty()) raise(problems, state.name);
    TrainStep step = add_evaluation(model, expanded, setup, batch_types(expanded.program, file.data), state.name, problems);
    if (!problems.empty()) raise(problems, state.name);
    engines.evaluator.trainer = started(state, std::move(expanded), std::move(step), engines.evaluator);
    engines.evaluator.key = key;
  }
  give_weights(state, *engines.evaluator.trainer);
  return *engines.evaluator.trainer;
}

void take_back(LayerState& state, Trainer& trainer) {
  const auto by_path = weights_by_path(state);
  const ir::Program& program = trainer.program();
  for (const std::optional<ir::FunctionId>& function : {trainer.functions().function, trainer.functions().finish}) {
    if (!function) continue;
    for (const ir::Update& update : program.function(*function).updates)
      if (const auto found = by_path.find(program.variable(update.variable).name); found != by_path.end()) found->second->value = trainer.variable(update.variable);
  }
  Engines& engines = engines_of(state);
  engines.optimizer = optimizer_variables(trainer);
}

std::vector<Array> predicted(LayerState& state, const MatchedInputs& inputs, int64_t batch_size) {
  refresh(state);
  Engines& engines = engines_of(state);
  ExpandOptions options;
  options.shapes = inputs.shapes;
  const std::vector<InputSpec> specs = input_specs(*state.model->source.model);
  options.batch = other_batch(specs, {inputs.arrays, inputs.examples, {}});
  std::string key = options.batch ? fmt::format("{}:", *options.batch) : "";
  for (const auto& [name, shape] : inputs.shapes) key += name + keratin::shape_text(shape);
  if (!engines.predictor.trainer || engines.predictor.key != key) {
    engines.predictor = {};
    ExpandedModel expanded = expanded_with_weights(state, options);
    engines.predictor.trainer = started(state, std::move(expanded), {}, engines.predictor);
    engines.predictor.key = key;
  }
  Trainer& trainer = *engines.predictor.trainer;
  give_weights(state, trainer);
  if (batch_size <= 0) batch_size = inputs.examples;
  const ir::Function& predict = trainer.program().function(trainer.program().find("predict"));
  if (predict.type(predict.parameters[0]).shape[0].is_static()) batch_size = inputs.examples;  // it takes them in its own batches
  std::vector<Array> results;
  for (int64_t begin = 0; begin < inputs.examples; begin += batch_size) {
    std::vector<Array> part;
    for (const Array& array : inputs.arrays) part.push_back(array.rank() == 0 ? array : rows_of(array, begin, std::min(batch_size, inputs.examples - begin)));
    Result<std::vector<Array>> outputs = trainer.predict(part);
    if (!outputs) throw ValueError(outputs.error());
    results.resize(outputs->size());
    for (size_t i = 0; i < outputs->size(); ++i) append_rows(results[i], (*outputs)[i]);
  }
  return results;
}

}  // namespace keratin::functional
