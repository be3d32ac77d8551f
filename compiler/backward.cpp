#include "compiler/backward.h"

#include <fmt/format.h>

#include "ir/passes/differentiate.h"
#include "ir/passes/eliminate_dead.h"

namespace keratin {

namespace {

/// All float outputs, the losses as the last, with respect to float inputs and trainable weights.
ir::GradientRequest whole_model(const ir::Program& program, ir::FunctionId predict, GradientsOf what) {
  ir::GradientRequest request;
  const ir::Function& f = program.function(predict);
  for (size_t i = 0; i < f.outputs.size(); ++i)
    if (is_float(f.type(f.outputs[i]).dtype)) request.outputs.push_back(i);
  request.losses = {f.outputs.size() - 1};
  for (size_t i = 0; what != GradientsOf::weights && i < f.parameters.size(); ++i)
    if (is_float(f.type(f.parameters[i]).dtype)) request.parameters.push_back(i);
  for (uint32_t i = 0; what != GradientsOf::inputs && i < program.variables.size(); ++i)
    if (program.variables[i].role == ir::Role::weight && program.variables[i].trainable) request.variables.push_back(ir::VariableId{i});
  return request;
}

}  // namespace

Backward add_backward(ir::Program& program, GradientsOf what) {
  const ir::FunctionId predict = program.find("predict");
  const ir::GradientRequest request = whole_model(program, predict, what);
  Backward backward;
  backward.function = ir::differentiate(program, predict, request);
  backward.outputs.assign(request.outputs.begin(), request.outputs.end() - 1);
  ir::Function &forward = program.function(predict), &f = program.function(backward.function);
  for (size_t parameter : request.parameters) backward.results.push_back("gradient/" + forward.parameter_names[parameter]);
  for (ir::VariableId variable : request.variables) backward.results.push_back("gradient/" + program.variable(variable).name);
  const auto outputs = static_cast<ptrdiff_t>(forward.outputs.size());
  f.outputs.erase(f.outputs.begin(), f.outputs.begin() + outputs);
  f.output_names.erase(f.output_names.begin(), f.output_names.begin() + outputs);
  f.updates.clear();  // asking for gradients changes nothing
  forward.outputs.pop_back();
  forward.output_names.pop_back();
  ir::eliminate_dead(program, predict);
  ir::eliminate_dead(program, backward.function);
  return backward;
}

std::vector<Array> cotangents_of(const ir::Program& program, const Backward& backward, const NamedArrays& data, const std::string& file, int64_t examples, Problems& problems) {
  const ir::Function& predict = program.function(program.find("predict"));
  std::vector<Array> arrays;
  for (size_t output : backward.outputs) {
    const ir::Type& type = predict.type(predict.outputs[output]);
    const std::string name = "cotangent/" + predict.output_names[output];
    const Array* array = find_array(data, name);
    if (!array) problems.add(fmt::format("{}: holds no array '{}'", file, name));
    else if (array->shape != type.shape.at(examples)) problems.add(fmt::format("{}: {}: has shape {}, the output has {}", file, name, shape_text(array->shape), shape_text(type.shape.at(examples))));
    else arrays.push_back(array->to(type.dtype));
  }
  return arrays;
}

}  // namespace keratin
