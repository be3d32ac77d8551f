#include "ir/passes/weight_only.h"

#include <algorithm>

#include "ir/passes/regions.h"

namespace keratin::ir {

namespace {

/// Reads of variables that keep their value during calls: not what the function updates, not recurrent state.
bool reads_fixed(const Program& program, const Function& function, VariableId variable) {
  const Role role = program.variable(variable).role;
  if (role == Role::prepared || role == Role::recurrent_state) return false;
  return std::none_of(function.updates.begin(), function.updates.end(), [&](const Update& update) { return update.variable == variable; });
}

}  // namespace

std::vector<bool> weight_only(const Program& program, const Function& function) {
  std::vector<bool> marked(function.values.size(), false);
  for (const Node& node : function.nodes) {
    const bool changes = any_op(program, node.op, [&](const Op& op) {
      const auto* read = op.as<Read>();
      return op.info().effect || depends_on_batch(op) || (read && !reads_fixed(program, function, read->variable));
    });
    if (changes || !std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId v) { return marked[v.index]; })) continue;
    for (ValueId output : node.outputs) marked[output.index] = function.type(output).shape.is_static();
  }
  return marked;
}

bool depends_on_batch(const Op& op) {
  const auto is_open = [](Dim dim) { return !dim.is_static(); };
  if (const auto* size = op.as<Size>()) return is_open(size->dim);
  if (const auto* slice = op.as<Slice>()) return std::any_of(slice->start.begin(), slice->start.end(), is_open);
  return false;
}

}  // namespace keratin::ir
