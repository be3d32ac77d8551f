#include "ir/passes/regions.h"

#include <algorithm>

namespace keratin::ir {

namespace {

void collect_bodies(const Program& program, FunctionId function, std::vector<FunctionId>& found) {
  for (const Node& node : program.function(function).nodes)
    if (const std::optional<FunctionId> body = body_of(node.op); body && std::find(found.begin(), found.end(), *body) == found.end()) {
      collect_bodies(program, *body, found);
      found.push_back(*body);
    }
}

}  // namespace

std::optional<FunctionId> body_of(const Op& op) {
  if (const auto* scan = op.as<Scan>()) return scan->body;
  if (const auto* composite = op.as<Composite>()) return composite->body;
  return std::nullopt;
}

std::vector<FunctionId> bodies_below(const Program& program, FunctionId function) {
  std::vector<FunctionId> found;
  collect_bodies(program, function, found);
  return found;
}

bool any_op(const Program& program, FunctionId function, const std::function<bool(const Op&)>& test) {
  const std::vector<Node>& nodes = program.function(function).nodes;
  return std::any_of(nodes.begin(), nodes.end(), [&](const Node& node) { return any_op(program, node.op, test); });
}

bool any_op(const Program& program, const Op& op, const std::function<bool(const Op&)>& test) {
  if (test(op)) return true;
  const std::optional<FunctionId> body = body_of(op);
  return body && any_op(program, *body, test);
}

bool has_effect(const Program& program, const Op& op) {
  return any_op(program, op, [](const Op& o) { return o.info().effect; });
}

bool reads_variables(const Program& program, const Op& op) {
  return any_op(program, op, [](const Op& o) { return o.as<Read>() != nullptr; });
}

std::vector<int> definitions(const Function& function) {
  std::vector<int> defined_by(function.values.size(), -1);
  for (size_t i = 0; i < function.nodes.size(); ++i)
    for (ValueId output : function.nodes[i].outputs) defined_by[output.index] = static_cast<int>(i);
  return defined_by;
}

void mark_sources(const Program& program, const Function& function, std::vector<bool>& marked, bool effects) {
  for (auto node = function.nodes.rbegin(); node != function.nodes.rend(); ++node) {
    const bool live = std::any_of(node->outputs.begin(), node->outputs.end(), [&](ValueId v) { return marked[v.index]; });
    if (!live && !(effects && has_effect(program, node->op))) continue;
    for (ValueId input : node->inputs) marked[input.index] = true;
  }
}

}  // namespace keratin::ir
