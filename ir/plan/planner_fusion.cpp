// What runs together: expressions with their last reader, epilogues with kernels, pooling with convolutions, parts within concatenations.
#include <algorithm>
#include <set>

#include "ir/plan/planner.h"

namespace keratin::ir {

/// A composite's kernel has its own end.
bool Planner::takes_epilogue(const Node& node) const {
  const KernelRule* rule = node.op.as<Composite>() ? nullptr : rule_of(node);
  return rule && rule->takes_epilogue;
}

/// Where two kernels' results meet in one expression, the later kernel computes it and the earlier one's own chain ends before: the values
/// marked are stored, so that each kernel keeps its bias and activation.
std::vector<char> Planner::find_ends(const Frame& frame) const {
  const Function& f = *frame.function;
  std::vector<char> ends(f.values.size(), 0);
  std::vector<int> carrier(f.values.size(), -1);  // the kernel whose epilogue the value would be part of
  for (size_t n = 0; n < f.nodes.size(); ++n) {
    const Node& node = f.nodes[n];
    if (node.outputs.size() != 1) continue;
    int& own = carrier[node.outputs[0].index];
    if (!is_pointwise(node)) {
      if (takes_epilogue(node)) own = static_cast<int>(n);
      continue;
    }
    const auto flows = [&](ValueId id) {
      const std::vector<int>& users = frame.users[id.index];
      if (frame.is_output[id.index] || frame.definition[id.index] < 0) return false;
      const bool backward = is_backward(f.nodes[static_cast<size_t>(frame.definition[id.index])]);
      const auto goes_on = [&](int user) {
        const Node& reader = f.nodes[static_cast<size_t>(user)];
        return is_pointwise(reader) && is_backward(reader) == backward;  // what forward leaves for backward is stored
      };
      return std::all_of(users.begin(), users.end(), goes_on);
    };
    for (ValueId id : node.inputs)
      if (flows(id)) own = std::max(own, carrier[id.index]);
    for (ValueId id : node.inputs)
      if (carrier[id.index] >= 0 && carrier[id.index] != own) ends[id.index] = 1;
  }
  return ends;
}

/// The one value in whose expression all readers of the value are computed; nothing where there are several, or a reader that is no expression.
std::optional<ValueId> Planner::sink_of_readers(const Frame& frame, ValueId id) const {
  std::optional<ValueId> common;
  for (int user : frame.users[id.index]) {
    const Node& reader = frame.function->nodes[static_cast<size_t>(user)];
    if (!is_pointwise(reader)) return std::nullopt;
    const ValueId sink = frame.sink[reader.outputs[0].index];
    if (common && *common != sink) return std::nullopt;
    common = sink;
  }
  return common;
}

/// A pointwise value all of whose readers are computed in one expression is computed there too; likewise the result of a kernel that takes an
/// epilogue. Walks from the last node to the first, so readers are decided before what they read.
void Planner::find_sinks(Frame& frame) {
  constexpr int kLargest = 48;  // nodes of one expression: beyond, the compiler runs out of registers
  const Function& f = *frame.function;
  frame.sink.resize(f.values.size());
  for (uint32_t i = 0; i < frame.sink.size(); ++i) frame.sink[i] = ValueId{i};
  std::vector<int> size(f.values.size(), 1);
  std::vector<std::set<ValueId>> leaves(f.values.size());  // what an expression reads, by its sink
  Frame* outer = frame_;
  frame_ = &frame;
  const std::vector<char> ends = find_ends(frame);
  const auto read_by = [&](const Node& node, std::set<ValueId>& set) {
    for (ValueId id : node.inputs)
      if (!scalar(id)) set.insert(id);
  };
  for (size_t n = f.nodes.size(); n-- > 0 && options_.fuse;) {
    const Node& node = f.nodes[n];
    if (node.outputs.size() != 1) continue;
    const ValueId id = node.outputs[0];
    const bool pointwise = is_pointwise(node);
    if (pointwise) read_by(node, leaves[id.index]);
    if ((!pointwise && !takes_epilogue(node)) || frame.is_output[id.index] || ends[id.index]) continue;
    const std::optional<ValueId> common = sink_of_readers(frame, id);
    if (!common || size[common->index] >= kLargest) continue;
    if (!pointwise && frame.is_update[common->index]) continue;  // written over the old value, element by element, which kernels do not promise
    if (pointwise) {
      std::set<ValueId> joined = leaves[common->index];
      joined.erase(id);
      read_by(node, joined);
      if (joined.size() > kMostLeaves) continue;
      leaves[common->index] = std::move(joined);
    }
    frame.sink[id.index] = *common;
    ++size[common->index];
  }
  find_pooled(frame);
  find_parts(frame);
  frame_ = outer;
}

/// Whether the value can be written as part of the concatenation from the start: what computes it, and whoever else reads it, can leave gaps
/// between rows. Loops over elements can along any axis.
bool Planner::may_be_part(const Frame& frame, ValueId id, const Node& concatenate) const {
  const Function& f = *frame.function;
  if (frame.is_output[id.index] || frame.sink[id.index] != id || frame.pooled[id.index]) return false;
  const bool last = concatenate.op.as<Concatenate>()->axis == type(id).shape.rank() - 1;
  int places = 0;
  for (int user : frame.users[id.index]) {
    const Node& reader = f.nodes[static_cast<size_t>(user)];
    if (&reader == &concatenate) {
      ++places;
      continue;
    }
    const KernelRule* rule = is_pointwise(reader) ? nullptr : rule_of(reader);
    if (!last || !rule || !rule->reads_rows || reader.inputs[0] != id || !rule->reads_rows(*this, reader)) return false;
  }
  const Node* node = definition(id);
  if (!node || places != 1) return false;
  if (node->op.as<Concatenate>() || node->op.as<Pad>()) return true;  // copies of strided operands
  if (const auto* reverse = node->op.as<Reverse>()) {
    const ValueId before = node->inputs[0];
    node = frame.users[before.index].size() == 1 && !frame.is_output[before.index] ? definition(before) : nullptr;
    const KernelRule* kernel = node && node->outputs[0] == before ? rule_of(*node) : nullptr;
    return last && kernel && kernel->writes_rows && kernel->reverses && kernel->reverses(*this, *node, *reverse);
  }
  if (is_pointwise(*node)) {
    const std::optional<ValueId> root = root_of(id);
    if (!root) return true;
    node = definition(*root);
  }
  const KernelRule* rule = rule_of(*node);
  return last && rule && rule->writes_rows && rule->writes_rows(*this, *node);
}

/// Values written into the concatenation that reads them. Within a concatenation along another axis rows are not evenly apart, so parts of
/// parts are of one axis.
void Planner::find_parts(Frame& frame) {
  for (size_t n = frame.function->nodes.size(); n-- > 0 && options_.fuse;) {
    const Node& node = frame.function->nodes[n];
    const auto* concatenate = node.op.as<Concatenate>();
    if (!concatenate) continue;
    Dim start(0);
    const auto outer = frame.parts.find(node.outputs[0]);
    const bool even = outer == frame.parts.end() || outer->second.axis == concatenate->axis;
    for (ValueId id : node.inputs) {
      if (even && !frame.parts.contains(id) && may_be_part(frame, id, node)) frame.parts[id] = {node.outputs[0], concatenate->axis, start};
      start = start + type(id).shape[concatenate->axis];
    }
  }
}

/// Values that only a max pooling reads and whose kernel had better compute it too.
void Planner::find_pooled(Frame& frame) {
  const Function& f = *frame.function;
  frame.pooled.assign(f.values.size(), 0);
  for (const Node& pool : f.nodes) {
    const auto* window = pool.op.as<WindowReduce>();
    if (!window || !options_.fuse) continue;
    const ValueId x = pool.inputs[0];
    const Node* node = definition(x);
    if (!node || frame.is_output[x.index] || frame.users[x.index].size() != 1) continue;
    if (is_pointwise(*node)) {
      const std::optional<ValueId> root = root_of(x);
      if (!root) continue;
      node = definition(*root);
    }
    const KernelRule* rule = rule_of(*node);
    frame.pooled[x.index] = rule && rule->takes_max_pool && rule->takes_max_pool(*this, *node, window->window);
  }
}

}  // namespace keratin::ir
