#include "compiler/engine/reference_trainer.h"

#include <algorithm>

#include "compiler/data/tensors.h"
#include "compiler/engine/run_data.h"

namespace keratin {

Result<ir::Tensors> ReferenceTrainer::run(ir::FunctionId function, const std::vector<Array>& arrays, State& state) const {
  ir::Evaluator evaluator(program_, arrays.empty() || arrays[0].rank() == 0 ? 1 : arrays[0].shape[0]);
  for (const auto& [id, value] : state) evaluator.set_variable(id, value);
  ir::Tensors tensors;
  const ir::Function& f = program_.function(function);
  IR_CHECK(arrays.size() == f.parameters.size(), "a step with other arrays than parameters");
  for (size_t i = 0; i < arrays.size(); ++i) tensors.push_back(to_tensor(arrays[i], f.type(f.parameters[i]).dtype));
  Result<ir::Tensors> outputs = evaluator.run(function, tensors);
  if (outputs)
    for (const ir::Update& update : f.updates) state.insert_or_assign(update.variable, evaluator.variable(update.variable));
  return outputs;
}

Result<double> ReferenceTrainer::step(ir::FunctionId function, const FitData& batch) {
  std::vector<Array> arrays = batch.inputs;
  arrays.insert(arrays.end(), batch.targets.begin(), batch.targets.end());
  for (const auto& weight : batch.weights)
    if (weight) arrays.push_back(*weight);
  Result<ir::Tensors> outputs = run(function, arrays, state_);
  if (!outputs) return Error{outputs.error()};
  return (*outputs)[0].number(0);
}

void ReferenceTrainer::reset_metrics() {
  std::erase_if(state_, [&](const auto& entry) { return program_.variable(entry.first).role == ir::Role::metric; });
}

Result<std::vector<Array>> ReferenceTrainer::results() {
  const Result<ir::Tensors> outputs = run(step_.results, {}, state_);
  if (!outputs) return Error{outputs.error()};
  std::vector<Array> arrays;
  for (const ir::Tensor& tensor : *outputs) arrays.push_back(to_array(tensor));
  return arrays;
}

Result<bool> ReferenceTrainer::finish() {
  if (!step_.finish) return true;
  const Result<ir::Tensors> outputs = run(*step_.finish, {}, state_);
  if (!outputs) return Error{outputs.error()};
  return true;
}

Result<std::vector<Array>> ReferenceTrainer::predict(const std::vector<Array>& inputs) {
  const ir::FunctionId predict = program_.find("predict");
  const ir::Function& f = program_.function(predict);
  const Dim first = f.type(f.parameters[0]).shape[0];
  const int64_t examples = inputs[0].shape[0], batch = first.is_static() ? first.size : examples;
  State state;
  for (const auto& [id, value] : state_)
    if (program_.variable(id).role != ir::Role::recurrent_state) state.emplace(id, value);
  std::vector<Array> results(f.outputs.size());
  for (int64_t begin = 0; begin < examples; begin += batch) {
    std::vector<Array> part;
    for (const Array& array : inputs) part.push_back(rows_of(array, begin, std::min(batch, examples - begin)));
    const Result<ir::Tensors> outputs = run(predict, part, state);
    if (!outputs) return Error{outputs.error()};
    for (size_t i = 0; i < outputs->size(); ++i) append_rows(results[i], to_array((*outputs)[i]));
  }
  return results;
}

Array ReferenceTrainer::variable(ir::VariableId id) {
  const auto found = state_.find(id);
  return to_array(found != state_.end() ? found->second : *program_.variable(id).initial);
}

void ReferenceTrainer::set_variable(ir::VariableId id, const Array& value) {
  state_.insert_or_assign(id, to_tensor(value, program_.variable(id).type.dtype));
}

}  // namespace keratin
