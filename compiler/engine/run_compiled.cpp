#include "compiler/engine/run_compiled.h"

#include <algorithm>
#include <fmt/format.h>

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

std::optional<NamedArrays> compiled_gradients(CompiledModel& model, const Backward& backward, const InputData& inputs, const NamedArrays& data, const std::string& file, Problems& problems) {
  std::vector<Array> parameters = inputs.arrays;
  for (Array& cotangent : cotangents_of(model.program(), backward, data, file, inputs.examples, problems)) parameters.push_back(std::move(cotangent));
  if (!problems.empty()) return std::nullopt;
  const Result<std::vector<Array>> gradients = model.call("backward", parameters, inputs.examples), outputs = model.run(inputs.arrays, inputs.examples);
  for (const auto* result : {&outputs, &gradients})
    if (!*result) problems.add(fmt::format("{}: {}", file, result->error()));
  if (!problems.empty()) return std::nullopt;
  NamedArrays results;
  const std::vector<std::string>& names = model.program().function(model.program().find("predict")).output_names;
  for (size_t i = 0; i < outputs->size(); ++i) results.emplace_back(names[i], (*outputs)[i]);
  for (size_t i = 0; i < gradients->size(); ++i) results.emplace_back(backward.results[i], (*gradients)[i]);
  return results;
}

std::optional<NamedArrays> build_and_differentiate(const ReadModel& read, ExpandedModel expanded, const Backward& backward, const InputData& inputs, const NamedArrays& data, const std::string& model_file,
                                                   const std::string& file, const PipelineOptions& options, Problems& problems) {
  Result<PlannedModel> planned = plan_model(std::move(expanded), model_file, options, {backward.function});
  if (!planned) return problems.add(planned.error()), std::nullopt;
  const EmitOptions emitted = emit_options(read, *planned->program, "model", "keratin_model");
  CompiledModel model(std::move(*planned), emitted);
  return compiled_gradients(model, backward, inputs, data, file, problems);
}

int64_t batch_of(const ir::Program& program, const InputData& inputs) {
  const ir::Function& predict = program.function(program.find("predict"));
  for (ir::ValueId id : predict.parameters)
    if (const ir::Shape& shape = predict.type(id).shape; shape.rank() > 0 && shape[0].is_static()) return shape[0].size;
  return inputs.examples;
}

}  // namespace keratin
