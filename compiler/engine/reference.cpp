#include "compiler/engine/reference.h"

#include <algorithm>
#include <fmt/format.h>

#include "compiler/data/tensors.h"
#include "ir/eval.h"

namespace keratin {

std::optional<NamedArrays> reference_predict(const ir::Program& program, const InputData& data, int64_t batch, Problems& problems, const std::string& file) {
  const ir::FunctionId id = program.find("predict");
  const ir::Function& function = program.function(id);
  NamedArrays results;
  for (const std::string& name : function.output_names) results.emplace_back(name, Array{});
  std::optional<ir::Evaluator> evaluator;
  for (int64_t begin = 0; begin < data.examples; begin += batch) {
    const int64_t count = std::min(batch, data.examples - begin);
    if (!evaluator || evaluator->batch() != count) evaluator.emplace(program, count);
    ir::Tensors inputs;
    for (const Array& array : data.arrays) inputs.push_back(to_tensor(rows_of(array, begin, count), array.dtype));
    Result<ir::Tensors> outputs = evaluator->run(id, inputs);
    if (!outputs) {
      problems.add(fmt::format("{}: {}", file, outputs.error()));
      return std::nullopt;
    }
    for (size_t i = 0; i < outputs->size(); ++i) append_rows(results[i].second, to_array((*outputs)[i]));
  }
  return results;
}

std::optional<NamedArrays> reference_gradients(const ir::Program& program, const Backward& backward, const InputData& inputs, const NamedArrays& data, const std::string& file, Problems& problems) {
  std::vector<Array> parameters = inputs.arrays;
  for (Array& cotangent : cotangents_of(program, backward, data, file, inputs.examples, problems)) parameters.push_back(std::move(cotangent));
  if (!problems.empty()) return std::nullopt;
  std::optional<NamedArrays> results = reference_predict(program, inputs, inputs.examples, problems, file);
  if (!results) return std::nullopt;
  ir::Tensors tensors;
  for (const Array& array : parameters) tensors.push_back(to_tensor(array, array.dtype));
  ir::Evaluator evaluator(program, inputs.examples);
  const Result<ir::Tensors> gradients = evaluator.run(backward.function, tensors);
  if (!gradients) {
    problems.add(fmt::format("{}: {}", file, gradients.error()));
    return std::nullopt;
  }
  for (size_t i = 0; i < gradients->size(); ++i) results->emplace_back(backward.results[i], to_array((*gradients)[i]));
  return results;
}

}  // namespace keratin
