#include "compiler/engine/compiled_trainer.h"

#include <algorithm>

#include "compiler/data/tensors.h"
#include "compiler/engine/run_data.h"

namespace keratin {

Result<std::unique_ptr<CompiledTrainer>> CompiledTrainer::make(ExpandedModel expanded, TrainStep step, const EmitOptions& options, const PipelineOptions& pipeline, const std::string& file,
                                                                const std::vector<std::string>& flags) {
  Result<PlannedModel> planned = plan_model(std::move(expanded), file, pipeline, functions_of(step));
  if (!planned) return Error{planned.error()};
  return std::unique_ptr<CompiledTrainer>(new CompiledTrainer(std::move(*planned), options, flags, std::move(step)));
}

Result<double> CompiledTrainer::step(const char* function, const FitData& batch) {
  std::vector<Array> arrays = batch.inputs;
  arrays.insert(arrays.end(), batch.targets.begin(), batch.targets.end());
  for (const auto& weight : batch.weights)
    if (weight) arrays.push_back(*weight);
  const Result<std::vector<Array>> outputs = model_.call(function, arrays, batch.examples());
  if (!outputs) return Error{outputs.error()};
  return (*outputs)[0].as<double>()[0];
}

Array CompiledTrainer::variable(ir::VariableId id) { return model_.holds(id) ? model_.variable(id) : to_array(*model_.program().variable(id).initial); }

void CompiledTrainer::reset_metrics() {
  const ir::Program& program = model_.program();
  for (uint32_t i = 0; i < program.variables.size(); ++i)
    if (program.variables[i].role == ir::Role::metric && model_.holds(ir::VariableId{i})) model_.set_variable(ir::VariableId{i}, to_array(*program.variables[i].initial));
}

Result<bool> CompiledTrainer::finish() {
  if (!step_.finish) return true;
  const Result<std::vector<Array>> done = model_.call("finish_training", {}, 1);
  if (!done) return Error{done.error()};
  return true;
}

Result<std::vector<Array>> CompiledTrainer::predict(const std::vector<Array>& inputs) {
  const Result<std::vector<Array>> prepared = model_.call("prepare", {}, 1);
  if (!prepared) return Error{prepared.error()};
  model_.reset();
  const ir::Function& f = model_.program().function(model_.program().find("predict"));
  const Dim first = f.type(f.parameters[0]).shape[0];
  const int64_t examples = inputs[0].shape[0], batch = first.is_static() ? first.size : examples;
  std::vector<Array> results(f.outputs.size());
  for (int64_t begin = 0; begin < examples; begin += batch) {
    const int64_t count = std::min(batch, examples - begin);
    std::vector<Array> part;
    for (const Array& array : inputs) part.push_back(rows_of(array, begin, count));
    const Result<std::vector<Array>> outputs = model_.run(part, count);
    if (!outputs) return Error{outputs.error()};
    for (size_t i = 0; i < outputs->size(); ++i) append_rows(results[i], (*outputs)[i]);
  }
  return results;
}

}  // namespace keratin
