#include "compiler/training/train_step.h"

#include <fmt/format.h>

#include "ir/passes/differentiate.h"
#include "ir/passes/eliminate_dead.h"
#include "ir/tensor.h"

namespace keratin {

namespace {

/// Finds what changes training but not inference and is not supported: constraints, dropout inside recurrent layers.
void find_unsupported(const Json& json, const std::string& file, const std::string& layer, Problems& problems) {
  if (json.is_array())
    for (const Json& element : json.as_array()) find_unsupported(element, file, layer, problems);
  if (!json.is_object()) return;
  std::string name = layer;
  if (const Json* own = json.find("name"); own && own->is_string()) name = own->as_string();
  for (const auto& [key, value] : json.as_object()) {
    const bool constraint = key.ends_with("_constraint") && !value.is_null();
    const bool dropout = (key == "recurrent_dropout" || (key == "dropout" && json.find("units") != nullptr)) && value.is_number() && value.as_double() != 0;
    if (constraint || dropout) problems.add(fmt::format("{}: {}: {} is not supported in training", file, name, key));
    find_unsupported(value, file, name, problems);
  }
}

/// The entry of a compile configuration that belongs to an output: one for all, a list, or by name.
const Json* entry_of(const Json& given, size_t output, const std::string& name) {
  if (given.is_array()) return output < given.as_array().size() ? &given.as_array()[output] : nullptr;
  if (given.is_object() && !given.find("class_name")) return given.find(name);
  return &given;
}

ir::VariableId add_variable(ir::Program& program, const std::string& name, ir::Type type, ir::Role role, double value) {
  ir::Tensor initial(type.dtype, type.shape.at(0));
  for (double& number : initial.floats) number = value;
  for (int64_t& number : initial.integers) number = static_cast<int64_t>(value);
  program.variables.push_back({name, std::move(type), role, false, std::make_shared<const ir::Tensor>(std::move(initial)), {}});
  return ir::VariableId{static_cast<uint32_t>(program.variables.size() - 1)};
}

/// A layer whose output is a new tensor to TensorFlow even where its values are the input's: logits before it are not found.
bool hides_logits(const Model& model, size_t output) {
  const std::string& name = model.layers[static_cast<size_t>(model.outputs[output].layer)].layer->class_name;
  return name == "Reshape" || name == "Flatten" || name == "Permute" || name == "Cropping1D" || name == "Cropping2D";
}

/// The total loss: the outputs' losses with their weights, plus regularization.
Val total_loss(const Model& model, TrainingGraph& graph, const TrainingSetup& setup, const Vals& targets) {
  ir::Builder& b = *graph.builder;
  Val total = b.number(DType::float32, 0);
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    Val prediction = graph.outputs[i].value;
    if (hides_logits(model, i)) prediction = b.add1(ir::Reshape::Attrs{prediction.shape()}, {prediction});
    const Val loss = loss_value(setup.losses[i], targets[i], prediction, graph.outputs[i].mask, {});
    total = total + b.cast(loss, DType::float32) * setup.loss_weights[i];
  }
  for (const Val& term : graph.losses) total = total + b.cast(term, DType::float32);
  return total;
}

std::vector<ir::VariableId> trained_variables(const ir::Program& program) {
  std::vector<ir::VariableId> list;
  for (uint32_t i = 0; i < program.variables.size(); ++i)
    if (program.variables[i].role == ir::Role::weight && program.variables[i].trainable) list.push_back(ir::VariableId{i});
  return list;
}

}  // namespace

TrainingSetup read_training(const Model& model, const std::string& file, Problems& problems) {
  TrainingSetup setup;
  const Json& compiled = model.compile_config;
  if (!compiled.is_object()) {
    problems.add(fmt::format("{}: holds no compile configuration", file));
    return setup;
  }
  const auto field = [&](const char* key) { return compiled.find(key) ? *compiled.find(key) : Json(); };
  Result<std::unique_ptr<Optimizer>> optimizer = read_optimizer(field("optimizer"));
  if (optimizer) setup.optimizer = std::move(*optimizer);
  else problems.add(fmt::format("{}: {}", file, optimizer.error()));
  const Json losses = field("loss"), weights = field("loss_weights");
  for (size_t i = 0; i < model.output_names.size(); ++i) {
    const Json* given = entry_of(losses, i, model.output_names[i]);
    Result<Loss> loss = read_loss(given ? *given : Json());
    if (loss) setup.losses.push_back(*loss);
    else problems.add(fmt::format("{}: {}: {}", file, model.output_names[i], loss.error()));
    const Json* weight = weights.is_null() ? nullptr : entry_of(weights, i, model.output_names[i]);
    setup.loss_weights.push_back(weight && weight->is_number() ? weight->as_double() : 1);
  }
  for (const GraphLayer& layer : model.layers) find_unsupported(layer.json, file, layer.name, problems);
  return setup;
}

TrainStep add_train_step(Model& model, ExpandedModel& expanded, const TrainingSetup& setup, const std::vector<ir::Type>& target_types, const std::string& file,
                         Problems& problems) {
  ir::Program& program = expanded.program;
  TrainStep step;
  TrainingGraph graph = expand_training(model, expanded, file, problems);
  if (!problems.empty()) return step;
  ir::Builder& forward = *graph.builder;
  Vals targets;
  for (size_t i = 0; i < target_types.size(); ++i) targets.push_back(forward.parameter(target_types[i], "y/" + model.output_names[i]));
  const Val loss = total_loss(model, graph, setup, targets);
  if (loss.poisoned()) {
    for (const std::string& error : forward.take_errors()) problems.add(fmt::format("{}: loss: {}", file, error));
    return step;
  }
  forward.output(loss, "loss");

  ir::GradientRequest request;
  request.name = "train_step";
  request.outputs = {0};
  request.variables = trained_variables(program);
  request.unit_cotangents = true;
  step.function = ir::differentiate(program, forward.function_id(), request);
  step.learning_rate = add_variable(program, "optimizer/learning_rate", {DType::float32, {}}, ir::Role::hyperparameter, setup.optimizer->learning_rate);
  step.iteration = add_variable(program, "optimizer/iteration", {DType::int64, {}}, ir::Role::counter, 0);

  ir::Builder b(program, step.function);
  const Val count = b.read(step.iteration) + 1.0;
  StepContext context{b, b.read(step.learning_rate), b.cast(count, DType::float32), {}};
  b.update(step.iteration, count);
  const std::vector<ir::ValueId> outputs = b.function().outputs;
  for (size_t i = 0; i < request.variables.size(); ++i) {
    const ir::VariableId id = request.variables[i];
    const ir::Variable variable = program.variable(id);
    context.slot = [&](const std::string& slot) {
      const std::string name = fmt::format("optimizer/{}_{}", variable.name, slot);
      return add_variable(program, name, variable.type, ir::Role::slot, 0);
    };
    b.update(id, setup.optimizer->update(context, b.read(id), Val(&b, outputs[1 + i])));
  }
  ir::Function& function = program.function(step.function);
  function.outputs.resize(1);
  function.output_names.resize(1);
  ir::eliminate_dead(program, step.function);
  return step;
}

}  // namespace keratin
