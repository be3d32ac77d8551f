#include <cstdio>
#include <fmt/format.h>

#include "compiler/cli/commands.h"
#include "compiler/data/tensors.h"
#include "compiler/engine/run_data.h"
#include "compiler/load.h"
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

int run_gradients(const Options& options) {
  Problems problems;
  if (options.engine != "reference") problems.add("--engine: gradients run by the reference engine only; give --engine reference");
  std::optional<ReadModel> read = read_graph_of(options.model, options.weights, problems);
  Result<NamedArrays> data = read_arrays(options.inputs);
  if (!data) problems.add(data.error());
  if (!read || !data || !problems.empty()) return report(problems);
  NamedArrays values;
  for (const NamedArray& array : *data)
    if (!array.first.starts_with("cotangent/")) values.push_back(array);
  const InputData inputs = match_inputs(values, input_specs(*read->model), options.inputs, problems);
  if (!problems.empty()) return report(problems);
  ExpandOptions expansion;
  expansion.shapes = options.shapes;
  expansion.losses = true;
  for (const auto& [name, shape] : inputs.shapes) expansion.shapes[name] = shape;
  ExpandedModel expanded = expand_and_bind(*read, expansion, problems);
  if (!problems.empty()) return report(problems);
  ir::Program& program = expanded.program;
  const ir::FunctionId predict = program.find("predict");
  const Request request = whole_model(program, predict);
  const ir::Function forward = program.function(predict);
  const ir::Tensors given = cotangents(forward, request, *data, options.inputs, inputs.examples, problems);
  if (!problems.empty()) return report(problems);
  const ir::FunctionId backward = ir::differentiate(program, predict, request.ir);

  ir::Tensors parameters;
  for (const Array& array : inputs.arrays) parameters.push_back(to_tensor(array, array.dtype));
  parameters.insert(parameters.end(), given.begin(), given.end());
  ir::Evaluator evaluator(program, inputs.examples);
  Result<ir::Tensors> outputs = evaluator.run(backward, parameters);
  if (!outputs) {
    problems.add(fmt::format("{}: {}", options.inputs, outputs.error()));
    return report(problems);
  }
  NamedArrays results;
  for (size_t i = 0; i + 1 < forward.outputs.size(); ++i) results.emplace_back(forward.output_names[i], to_array((*outputs)[i]));
  for (size_t i = 0; i < request.results.size(); ++i) results.emplace_back(request.results[i], to_array((*outputs)[forward.outputs.size() + i]));
  Result<Done> written = write_npz(options.outputs, results);
  if (!written) problems.add(written.error());
  return problems.empty() ? 0 : report(problems);
}

}  // namespace keratin
