// Updates of a function: what is kept from call to call. Everything else of the call reads the values from before it.
#include <algorithm>
#include <fmt/format.h>

#include "ir/passes/regions.h"
#include "ir/plan/planner.h"

namespace keratin::ir {

/// Values that only updates are computed from, element by element: they are planned with the updates, when the old values are not needed any more.
std::vector<char> Planner::update_tail(const Function& function) const {
  std::vector<char> tail(function.values.size(), 0);
  for (ValueId output : function.outputs) tail[output.index] = 2;  // never
  for (size_t n = function.nodes.size(); n-- > 0;) {
    const Node& node = function.nodes[n];
    if (!is_pointwise(node) || node.outputs.size() != 1) continue;
    char& own = tail[node.outputs[0].index];
    const std::vector<int>& users = frame_->users[node.outputs[0].index];
    const bool serves = frame_->is_update[node.outputs[0].index] || !users.empty();
    const bool only = std::all_of(users.begin(), users.end(), [&](int user) { return tail[function.nodes[static_cast<size_t>(user)].outputs[0].index] == 1; });
    if (own == 0 && serves && only) own = 1;
  }
  for (char& mark : tail) mark = mark == 1;
  return tail;
}

/// Whether the variable's old value is read on the way to a value that is not computed yet.
bool Planner::reaches(ValueId from, VariableId variable, std::set<ValueId>& seen) const {
  if (!seen.insert(from).second) return false;
  const Node* node = definition(from);
  if (node && node->op.as<Read>()) return node->op.as<Read>()->variable == variable;
  if (const auto& known = frame_->operands[from.index]) {
    const auto buffer = variable_buffers_.find(variable);
    return buffer != variable_buffers_.end() && known->buffer == buffer->second;
  }
  return node && std::any_of(node->inputs.begin(), node->inputs.end(), [&](ValueId input) { return reaches(input, variable, seen); });
}

/// Whether the value can be written over the variable while it is computed: nothing that is still to be computed reads the old one, and the
/// value itself does so element by element.
bool Planner::may_replace(VariableId variable, ValueId value, const std::vector<Update>& later) const {
  const Node* node = definition(value);
  if (!node || !is_pointwise(*node) || frame_->operands[value.index] || type(value).dtype != program_.variable(variable).type.dtype) return false;
  for (const Update& other : later) {
    std::set<ValueId> seen = {value};
    if (other.value != value && reaches(other.value, variable, seen)) return false;
  }
  std::vector<ValueId> open = {value};
  std::set<ValueId> visited;
  while (!open.empty()) {
    const ValueId id = open.back();
    open.pop_back();
    if (!visited.insert(id).second) continue;
    const Node* at = definition(id);
    if (at && at->op.as<Read>() && at->op.as<Read>()->variable == variable) continue;  // beside the element that is written
    if (at && is_pointwise(*at) && frame_->sink[id.index] == value && !frame_->operands[id.index]) {
      open.insert(open.end(), at->inputs.begin(), at->inputs.end());
      continue;
    }
    std::set<ValueId> seen;
    if (reaches(id, variable, seen)) return false;
  }
  return true;
}

/// Updates that are computed with the rest of the call, as more than updates reads them, are written over the variable then already where nothing
/// reads the old value but the update itself, element by element.
void Planner::replace_early(const std::vector<Update>& updates) {
  const Function& f = *frame_->function;
  for (const auto& [variable, value] : updates) {
    const Node* node = definition(value);
    const auto same = [id = variable](const Update& other) { return other.variable == id; };
    if (!node || !is_pointwise(*node) || output_of_.contains(value) || std::count_if(updates.begin(), updates.end(), same) > 1) continue;
    if (type(value).dtype != program_.variable(variable).type.dtype) continue;
    const auto within = [&](int user) { return is_pointwise(f.nodes[static_cast<size_t>(user)]) && frame_->sink[f.nodes[static_cast<size_t>(user)].outputs[0].index] == value; };
    const auto spared = [&](const Node& read) {
      const auto* attrs = read.op.as<Read>();
      if (!attrs && reads_variables(program_, read.op)) return false;  // within a region
      if (!attrs || attrs->variable != variable) return true;
      const std::vector<int>& users = frame_->users[read.outputs[0].index];
      return !frame_->is_output[read.outputs[0].index] && std::all_of(users.begin(), users.end(), within);
    };
    if (std::all_of(f.nodes.begin(), f.nodes.end(), spared)) output_of_[value] = variable_buffer(variable);
  }
}

void Planner::plan_updates(const std::vector<Update>& updates) {
  std::map<VariableId, ValueId> last;  // of several updates by the calls of one shared layer
  for (const Update& update : updates) {
    const Variable& variable = program_.variable(update.variable);
    if (weights_ == WeightsFrom::prepared && variable.role != Role::recurrent_state)
      throw PlanError{fmt::format("{} changes with every call, which predict supports for the states of recurrent layers only", variable.name)};
    last[update.variable] = update.value;
  }
  std::vector<Update> open;
  for (const Update& update : updates)
    if (last.at(update.variable) == update.value && std::none_of(open.begin(), open.end(), [&](const Update& other) { return other.variable == update.variable; })) open.push_back(update);
  struct Copy {
    Operand from, to;
    OriginId origin;
  };
  std::vector<Copy> copies;
  const std::vector<Update> all = open;
  for (const auto& [variable, value] : all) {
    open.erase(open.begin());
    const Node* node = definition(value);
    const OriginId origin = node ? node->origin : OriginId{};
    const Operand to = buffer_operand(variable_buffer(variable));
    if (!output_of_.contains(value) && may_replace(variable, value, open)) {
      output_of_[value] = to.buffer;
      operand(value);
      continue;
    }
    Operand from = operand(value);
    if (from.buffer == to.buffer && from.dense()) continue;  // it keeps its value
    // A variable that becomes another one's value is read before any is written.
    if (const BufferRole role = out_.buffers[from.buffer.index].role; role != BufferRole::scratch && role != BufferRole::input && role != BufferRole::output && role != BufferRole::table)
      from = copy_of(from, scratch(from.dtype, Dim(0), "kept"), origin);
    copies.push_back({from, to, origin});
  }
  for (const Copy& made : copies) copy(made.from, made.to, made.origin);
}

}  // namespace keratin::ir
