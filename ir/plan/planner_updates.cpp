// Updates of a function: what is kept from call to call. Everything else of the call reads the values from before it.
#include <fmt/format.h>

#include "ir/plan/planner.h"

namespace keratin::ir {

void Planner::plan_updates(const std::vector<Update>& updates) {
  std::map<VariableId, ValueId> last;  // of several updates by the calls of one shared layer
  for (const Update& update : updates) {
    const Variable& variable = program_.variable(update.variable);
    if (variable.role != Role::recurrent_state)
      throw PlanError{fmt::format("{} changes with every call, which emitted code supports for the states of recurrent layers only", variable.name)};
    last[update.variable] = update.value;
  }
  struct Copy {
    Operand from, to;
    OriginId origin;
  };
  std::vector<Copy> copies;
  for (const auto& [variable, value] : last) {
    const Node* node = definition(value);
    const OriginId origin = node ? node->origin : OriginId{};
    Operand from = operand(value);
    const Operand to = buffer_operand(variable_buffer(variable));
    if (from.buffer == to.buffer && from.dense()) continue;  // it keeps its value
    // A state that becomes another one's value is read before any is written.
    if (out_.buffers[from.buffer.index].role == BufferRole::state) from = copy_of(from, scratch(from.dtype, Dim(0), "kept"), origin);
    copies.push_back({from, to, origin});
  }
  for (const Copy& made : copies) copy(made.from, made.to, made.origin);
}

}  // namespace keratin::ir
