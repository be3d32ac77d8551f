#include "compiler/engine/run_compiled.h"

#include <algorithm>

namespace keratin {

Result<NamedArrays> run_compiled(CompiledModel& model, const InputData& inputs, int64_t batch, const std::vector<std::string>& names) {
  NamedArrays results;
  for (const std::string& name : names) results.emplace_back(name, Array{});
  for (int64_t first = 0; first < inputs.examples; first += batch) {
    const int64_t count = std::min(batch, inputs.examples - first);
    std::vector<Array> part;
    for (const Array& array : inputs.arrays) part.push_back(rows_of(array, first, count));
    Result<std::vector<Array>> outputs = model.run(part, count);
    if (!outputs) return Error{outputs.error()};
    for (size_t i = 0; i < outputs->size(); ++i) append_rows(results[i].second, (*outputs)[i]);
  }
  return results;
}

int64_t batch_of(const ir::Program& program, const InputData& inputs) {
  const ir::Function& predict = program.function(program.find("predict"));
  for (ir::ValueId id : predict.parameters)
    if (const ir::Shape& shape = predict.type(id).shape; shape.rank() > 0 && shape[0].is_static()) return shape[0].size;
  return inputs.examples;
}

}  // namespace keratin
