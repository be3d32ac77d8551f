#include "compiler/engine/reference.h"

#include <algorithm>
#include <fmt/format.h>

#include "compiler/data/tensors.h"
#include "ir/eval.h"
#include "ir/passes/differentiate.h"

namespace keratin {

namespace {

/// What is differentiated, and what the caller gives and gets by name.
struct Request {
  ir::GradientRequest ir;
  std::vector<std::string> results;  // of the gradients, in order
};

/// All float outputs and the regularization losses, with respect to float inputs and trainable weights.
Request whole_model(const ir::Program& program, ir::FunctionId predict) {
  Request request;
  const ir::Function& f = program.function(predict);
  for (size_t i = 0; i < f.outputs.size(); ++i)
    if (is_float(f.type(f.outputs[i]).dtype)) request.ir.outputs.push_back(i);
  for (size_t i = 0; i < f.parameters.size(); ++i) {
    if (!is_float(f.type(f.parameters[i]).dtype)) continue;
    request.ir.parameters.push_back(i);
    request.results.push_back("gradient/" + f.parameter_names[i]);
  }
  for (size_t i = 0; i < program.variables.size(); ++i) {
    if (program.variables[i].role != ir::Role::weight || !program.variables[i].trainable) continue;
    request.ir.variables.push_back(ir::VariableId{static_cast<uint32_t>(i)});
    request.results.push_back("gradient/" + program.variables[i].name);
  }
  return request;
}

/// The cotangents of the requested outputs; the losses' is 1.
ir::Tensors cotangents(const ir::Function& f, const Request& request, const NamedArrays& data, const std::string& file, int64_t examples, Problems& problems) {
  ir::Tensors tensors;
  for (size_t output : request.ir.outputs) {
    const ir::Type& type = f.type(f.outputs[output]);
    if (output + 1 == f.outputs.size()) {
      tensors.push_back(ir::scalar(DType::float32, 1));
      continue;
    }
    const std::string name = "cotangent/" + f.output_names[output];
    const Array* array = find_array(data, name);
    if (!array) {
      problems.add(fmt::format("{}: holds no array '{}'", file, name));
      continue;
    }
    if (array->shape != type.shape.at(examples)) {
      problems.add(fmt::format("{}: {}: has shape {}, the output has {}", file, name, shape_text(array->shape), shape_text(type.shape.at(examples))));
      continue;
    }
    tensors.push_back(to_tensor(*array, type.dtype));
  }
  return tensors;
}

}  // namespace

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

std::optional<NamedArrays> reference_gradients(ir::Program& program, const InputData& inputs, const NamedArrays& data, const std::string& file, Problems& problems) {
  const ir::FunctionId predict = program.find("predict");
  const Request request = whole_model(program, predict);
  const ir::Function forward = program.function(predict);
  const ir::Tensors given = cotangents(forward, request, data, file, inputs.examples, problems);
  if (!problems.empty()) return std::nullopt;
  const ir::FunctionId backward = ir::differentiate(program, predict, request.ir);
  ir::Tensors parameters;
  for (const Array& array : inputs.arrays) parameters.push_back(to_tensor(array, array.dtype));
  parameters.insert(parameters.end(), given.begin(), given.end());
  ir::Evaluator evaluator(program, inputs.examples);
  Result<ir::Tensors> outputs = evaluator.run(backward, parameters);
  if (!outputs) {
    problems.add(fmt::format("{}: {}", file, outputs.error()));
    return std::nullopt;
  }
  NamedArrays results;
  for (size_t i = 0; i + 1 < forward.outputs.size(); ++i) results.emplace_back(forward.output_names[i], to_array((*outputs)[i]));
  for (size_t i = 0; i < request.results.size(); ++i) results.emplace_back(request.results[i], to_array((*outputs)[forward.outputs.size() + i]));
  return results;
}

}  // namespace keratin
