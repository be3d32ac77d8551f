#include "ir/eval.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ir/support/check.h"

namespace keratin::ir {

namespace {

/// For each value the index of the last node that reads it; what outputs and updates read outlives all nodes.
std::vector<size_t> last_uses(const Function& function) {
  std::vector<size_t> last(function.values.size(), 0);
  for (size_t i = 0; i < function.nodes.size(); ++i)
    for (ValueId id : function.nodes[i].inputs) last[id.index] = i;
  for (ValueId id : function.outputs) last[id.index] = SIZE_MAX;
  for (const Update& update : function.updates) last[update.value.index] = SIZE_MAX;
  return last;
}

bool has_type(const Tensor& tensor, const Type& type, int64_t batch) {
  return tensor.dtype == type.dtype && tensor.shape == type.shape.at(batch);
}

}  // namespace

Result<Tensors> Evaluator::run(FunctionId id, const Tensors& parameters) {
  const Function& function = program_.function(id);
  if (parameters.size() != function.parameters.size())
    return Error{fmt::format("{} takes {} parameters, not {}", function.name, function.parameters.size(), parameters.size())};
  for (size_t i = 0; i < parameters.size(); ++i) {
    const Type& type = function.type(function.parameters[i]);
    if (!has_type(parameters[i], type, batch_))
      return Error{fmt::format("parameter {} is {}[{}], {} takes {} with n = {}", function.parameter_names[i], name_of(parameters[i].dtype),
                               fmt::join(parameters[i].shape, ","), function.name, to_string(type), batch_)};
  }
  try {
    return call(id, parameters);
  } catch (const DataError& error) {
    return Error{error.message};
  }
}

Tensors Evaluator::call(FunctionId id, const Tensors& parameters) {
  const Function& function = program_.function(id);
  IR_CHECK(parameters.size() == function.parameters.size());
  const OriginId caller = at_;
  const std::vector<size_t> last = last_uses(function);
  std::vector<Tensor> values(function.values.size());
  for (size_t i = 0; i < parameters.size(); ++i) values[function.parameters[i].index] = parameters[i];

  for (size_t i = 0; i < function.nodes.size(); ++i) {
    const Node& node = function.nodes[i];
    at_ = node.origin;
    Tensors in, out;
    for (size_t k = 0; k < node.inputs.size(); ++k) {
      const ValueId input = node.inputs[k];
      const bool again = std::find(node.inputs.begin() + static_cast<std::ptrdiff_t>(k) + 1, node.inputs.end(), input) != node.inputs.end();
      if (last[input.index] == i && !again)
        in.push_back(std::move(values[input.index]));
      else
        in.push_back(values[input.index]);
    }
    for (ValueId output : node.outputs) {
      const Type& type = function.type(output);
      const std::vector<int64_t> shape = type.shape.at(batch_);
      for (int64_t extent : shape)
        if (extent < 0) fail(fmt::format("{} does not exist for {} examples", to_string(type), batch_));
      out.emplace_back(type.dtype, shape);
    }
    eval(node.op, in, out, *this);
    for (size_t k = 0; k < node.outputs.size(); ++k) {
      IR_CHECK(has_type(out[k], function.type(node.outputs[k]), batch_), "an op evaluates to another type than it infers");
      values[node.outputs[k].index] = std::move(out[k]);
    }
  }

  at_ = caller;
  for (const Update& update : function.updates) state_[update.variable] = values[update.value.index];
  Tensors outputs;
  for (ValueId output : function.outputs) outputs.push_back(values[output.index]);
  return outputs;
}

const Tensor& Evaluator::variable(VariableId id) const {
  const auto found = state_.find(id);
  if (found != state_.end()) return found->second;
  const Variable& variable = program_.variable(id);
  if (!variable.initial) fail(fmt::format("{} has no value", variable.name));
  return *variable.initial;
}

void Evaluator::set_variable(VariableId id, Tensor value) { state_[id] = std::move(value); }

void Evaluator::fail(std::string message) const {
  if (at_.valid() && !program_.origins[at_.index].path.empty()) message = program_.origins[at_.index].path + ": " + message;
  throw DataError{std::move(message)};
}

}  // namespace keratin::ir
