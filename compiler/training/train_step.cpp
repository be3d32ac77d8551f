#include "compiler/training/train_step.h"

#include <fmt/format.h>

#include "compiler/training/tracked_metrics.h"
#include "compiler/training/weight_constraints.h"
#include "ir/eval.h"
#include "ir/passes/differentiate.h"
#include "ir/passes/eliminate_dead.h"
#include "ir/support/check.h"

namespace keratin {

namespace {

/// A layer whose output is a new tensor to TensorFlow even where its values are the input's: logits before it are not found.
bool hides_logits(const Model& model, size_t output) {
  const std::string& name = model.layers[static_cast<size_t>(model.outputs[output].layer)].layer->class_name;
  return name == "Reshape" || name == "Flatten" || name == "Permute" || name == "Cropping1D" || name == "Cropping2D";
}

/// Adds the loss of a graph: the outputs' losses with their weights, plus regularization.
class LossGraph {
 public:
  LossGraph(const Model& model, TrainingGraph graph, const TrainingSetup& setup, const BatchTypes& types) : model_(model), graph_(std::move(graph)), setup_(setup) {
    ir::Builder& b = *graph_.builder;
    values.examples = graph_.examples;
    for (size_t i = 0; i < types.targets.size(); ++i) {
      Val prediction = graph_.outputs[i].value;
      if (hides_logits(model, i)) prediction = b.add1(ir::Reshape::Attrs{prediction.shape()}, {prediction});
      const Val y = b.parameter(types.targets[i], "y/" + model.output_names[i]);
      values.outputs.push_back({{y, prediction, graph_.outputs[i].mask, {}}, {}});
    }
    for (size_t i = 0; i < types.weights.size(); ++i)
      if (types.weights[i]) values.outputs[i].batch.weight = b.parameter(*types.weights[i], "sample_weight/" + model.output_names[i]);
  }

  /// False after problems.
  bool add_losses(const std::string& file, Problems& problems) {
    ir::Builder& b = *graph_.builder;
    Val total = b.number(DType::float32, 0);
    for (size_t i = 0; i < setup_.outputs.size(); ++i) {
      if (!setup_.outputs[i].loss) continue;
      StepValues::Output& output = values.outputs[i];
      begin_part(b, model_.output_names[i], fmt::format("{}: the loss {}", model_.output_names[i], setup_.outputs[i].loss->name));
      output.loss = b.cast(loss_value(*setup_.outputs[i].loss, output.batch.y, output.batch.prediction, output.batch.mask, output.batch.weight), DType::float32);
      if (output.loss.poisoned()) report(fmt::format("{}: loss", model_.output_names[i]), file, problems);
      else total = total + output.loss * setup_.outputs[i].loss_weight;
    }
    b.set_origin({});
    for (const Val& term : graph_.losses) total = total + b.cast(term, DType::float32);
    values.total_loss = total;
    return problems.empty();
  }

  bool add_metrics(const TrackedMetrics& metrics, const std::string& file, Problems& problems) {
    begin_part(*graph_.builder, "metrics", "metrics");
    metrics.update(*graph_.builder, values);
    graph_.builder->set_origin({});
    report("metrics", file, problems);
    return problems.empty();
  }

  ir::Builder& builder() { return *graph_.builder; }
  StepValues values;

 private:
  void report(const std::string& what, const std::string& file, Problems& problems) {
    for (const std::string& error : graph_.builder->take_errors()) problems.add(fmt::format("{}: {}: {}", file, what, error));
  }
  const Model& model_;
  TrainingGraph graph_;
  const TrainingSetup& setup_;
};

/// Weights that are trained, with their constraints.
std::vector<TrainedWeight> trained_weights(const Model& model, const ir::Program& program, const std::string& file, Problems& problems) {
  std::vector<TrainedWeight> list;
  for (uint32_t i = 0; i < program.variables.size(); ++i)
    if (program.variables[i].role == ir::Role::weight && program.variables[i].trainable) list.push_back({ir::VariableId{i}, {}, {}});
  for (const auto& [id, constraint] : weight_constraints(model, file, problems))
    for (TrainedWeight& trained : list)
      if (trained.id == id) trained.constraint = constraint;
  return list;
}

/// The averages of weights replace them.
std::optional<ir::FunctionId> add_finish(ir::Program& program, const OptimizerState& state) {
  if (state.averages.empty()) return {};
  program.functions.push_back({});
  const ir::FunctionId id{static_cast<uint32_t>(program.functions.size() - 1)};
  program.function(id).name = "finish_training";
  ir::Builder b(program, id);
  for (const auto& [weight, average] : state.averages) b.update(weight, b.read(average));
  return id;
}

/// Dropout and noise draw anew in every step.
void advance_draws(ir::Builder& b) {
  for (uint32_t i = 0; i < b.program().variables.size(); ++i)
    if (b.program().variables[i].role == ir::Role::hyperparameter && b.program().variables[i].name == "draw_step") {
      const Val before = b.read(ir::VariableId{i});
      b.update(ir::VariableId{i}, before + b.number(DType::uint64, 1));
    }
}

/// The rate of a schedule by the steps before, in a program of its own.
std::function<double(int64_t)> rates_of(const Schedule& schedule) {
  auto program = std::make_shared<ir::Program>();
  program->functions.push_back({});
  ir::Builder b(*program, ir::FunctionId{0});
  b.output(schedule(b.parameter({DType::float32, {}}, "step")), "learning_rate");
  return [program](int64_t step) {
    const Result<ir::Tensors> rate = ir::Evaluator(*program, 1).run(ir::FunctionId{0}, {ir::scalar(DType::float32, static_cast<double>(step))});
    IR_CHECK(rate, "a learning rate that cannot be computed");
    return (*rate)[0].number(0);
  };
}

void keep_loss_only(ir::Program& program, ir::FunctionId id) {
  ir::Function& function = program.function(id);
  function.outputs.resize(1);
  function.output_names.resize(1);
  ir::eliminate_dead(program, id);
}

/// Adds `evaluate_step`; the metrics are declared where no training step has them yet.
void add_evaluate_step(TrainStep& step, std::optional<TrackedMetrics>& metrics, Model& model, ExpandedModel& expanded, const TrainingSetup& setup, const BatchTypes& types,
                       const std::string& file, Problems& problems) {
  TrainingGraph graph = expand_evaluation(model, expanded, file, problems);
  if (!problems.empty()) return;
  LossGraph test(model, std::move(graph), setup, types);
  if (!test.add_losses(file, problems)) return;
  if (!metrics) metrics.emplace(expanded.program, setup, model.output_names, test.values);
  if (!test.add_metrics(*metrics, file, problems)) return;
  test.builder().output(test.values.total_loss, "loss");
  step.evaluate = test.builder().function_id();
  keep_loss_only(expanded.program, *step.evaluate);
}

void add_results(TrainStep& step, const TrackedMetrics& metrics, ir::Program& program) {
  step.results = metrics.add_results(program);
  step.result_names = metrics.keys();
  step.result_better = metrics.better();
}

}  // namespace

TrainStep add_train_step(Model& model, ExpandedModel& expanded, const TrainingSetup& setup, const BatchTypes& types, const std::optional<BatchTypes>& evaluation,
                         const std::string& file, Problems& problems) {
  ir::Program& program = expanded.program;
  TrainStep step;
  std::vector<TrainedWeight> weights = trained_weights(model, program, file, problems);
  if (weights.empty()) problems.add(fmt::format("{}: the model has no weights to train", file));
  for (const TrainedWeight& weight : weights)
    if (setup.optimizer.part_of(program.variable(weight.id).name) == -1)
      problems.add(fmt::format("{}: optimizer: MultiOptimizer: several patterns match {}", file, program.variable(weight.id).name));
  if (!problems.empty()) return step;
  TrainingGraph graph = expand_training(model, expanded, file, problems);
  if (!problems.empty()) return step;
  LossGraph forward(model, std::move(graph), setup, types);
  if (!forward.add_losses(file, problems)) return step;
  std::optional<TrackedMetrics> metrics(std::in_place, program, setup, model.output_names, forward.values);
  if (!forward.add_metrics(*metrics, file, problems)) return step;
  forward.builder().output(forward.values.total_loss, "loss");
  std::optional<ir::VariableId> dynamic_scale;
  const Val scale = loss_scale(forward.builder(), setup.optimizer, dynamic_scale);
  if (!scale.poisoned()) forward.builder().output(forward.values.total_loss * scale, "scaled_loss");

  ir::GradientRequest request;
  request.name = "train_step";
  request.outputs = {scale.poisoned() ? size_t{0} : size_t{1}};
  for (const TrainedWeight& weight : weights) request.variables.push_back(weight.id);
  request.losses = request.outputs;
  step.function = ir::differentiate(program, forward.builder().function_id(), request);
  ir::Builder b(program, *step.function);
  const std::vector<ir::ValueId> outputs = b.function().outputs;
  for (size_t i = 0; i < weights.size(); ++i) weights[i].gradient = Val(&b, outputs[(scale.poisoned() ? 1 : 2) + i]);
  step.optimizer = apply_optimizer(b, setup.optimizer, std::move(weights), dynamic_scale);
  advance_draws(b);
  keep_loss_only(program, *step.function);
  step.finish = add_finish(program, step.optimizer);
  add_results(step, *metrics, program);
  if (setup.optimizer.parts.size() == 1) {
    const Optimizer& optimizer = *setup.optimizer.parts[0].optimizer;
    step.accumulation = optimizer.accumulation;
    if (optimizer.schedule) step.scheduled_rate = rates_of(optimizer.schedule);
  }
  if (evaluation) add_evaluate_step(step, metrics, model, expanded, setup, *evaluation, file, problems);
  return step;
}

TrainStep add_evaluation(Model& model, ExpandedModel& expanded, const TrainingSetup& setup, const BatchTypes& types, const std::string& file, Problems& problems) {
  TrainStep step;
  std::optional<TrackedMetrics> metrics;
  add_evaluate_step(step, metrics, model, expanded, setup, types, file, problems);
  if (problems.empty()) add_results(step, *metrics, expanded.program);
  return step;
}

std::vector<ir::FunctionId> functions_of(const TrainStep& step) {
  std::vector<ir::FunctionId> list;
  if (step.function) list.push_back(*step.function);
  if (step.evaluate) list.push_back(*step.evaluate);
  if (step.results.valid()) list.push_back(step.results);
  if (step.finish) list.push_back(*step.finish);
  return list;
}

}  // namespace keratin
