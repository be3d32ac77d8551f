#include "compiler/engine/reference_fit.h"

#include <algorithm>

#include "compiler/data/tensors.h"
#include "compiler/engine/run_data.h"

namespace keratin {

Result<ir::Tensors> ReferenceTrainer::run(ir::FunctionId function, const std::vector<Array>& arrays, State& state) const {
  IR_CHECK(!arrays.empty() && arrays[0].rank() > 0, "a step without examples");
  ir::Evaluator evaluator(program_, arrays[0].shape[0]);
  for (const auto& [id, value] : state) evaluator.set_variable(id, value);
  ir::Tensors tensors;
  const ir::Function& f = program_.function(function);
  for (size_t i = 0; i < arrays.size(); ++i) tensors.push_back(to_tensor(arrays[i], f.type(f.parameters[i]).dtype));
  Result<ir::Tensors> outputs = evaluator.run(function, tensors);
  if (outputs)
    for (const ir::Update& update : f.updates) state.insert_or_assign(update.variable, evaluator.variable(update.variable));
  return outputs;
}

Result<double> ReferenceTrainer::train(const std::vector<Array>& inputs, const std::vector<Array>& targets) {
  std::vector<Array> arrays = inputs;
  arrays.insert(arrays.end(), targets.begin(), targets.end());
  Result<ir::Tensors> outputs = run(step_.function, arrays, state_);
  if (!outputs) return Error{outputs.error()};
  return (*outputs)[0].number(0);
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

Array ReferenceTrainer::variable(ir::VariableId id) const {
  const auto found = state_.find(id);
  return to_array(found != state_.end() ? found->second : *program_.variable(id).initial);
}

}  // namespace keratin
