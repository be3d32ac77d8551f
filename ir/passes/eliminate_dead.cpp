#include "ir/passes/eliminate_dead.h"

#include <algorithm>
#include <set>

#include "ir/passes/regions.h"
#include "ir/passes/rewrite.h"

namespace keratin::ir {

namespace {

/// Which parts of a scan are read.
struct LiveParts {
  std::vector<bool> carries, sequences, invariants, steps;
  bool all() const {
    const auto whole = [](const std::vector<bool>& part) { return std::find(part.begin(), part.end(), false) == part.end(); };
    return whole(carries) && whole(sequences) && whole(invariants) && whole(steps);
  }
};

/// A carry lives if its last value is read or if the body needs it for something that lives.
LiveParts live_parts(const Program& program, const Scan::Attrs& scan, const Node& node, const std::vector<bool>& marked) {
  const Function& body = program.function(scan.body);
  const size_t carries = static_cast<size_t>(scan.carries), sequences = static_cast<size_t>(scan.sequences);
  LiveParts live;
  for (size_t i = 0; i < node.outputs.size(); ++i) (i < carries ? live.carries : live.steps).push_back(marked[node.outputs[i].index]);
  std::vector<bool> needed;
  for (bool grown = true; grown;) {
    grown = false;
    needed.assign(body.values.size(), false);
    for (size_t i = 0; i < body.outputs.size(); ++i)
      if (i < carries ? live.carries[i] : live.steps[i - carries]) needed[body.outputs[i].index] = true;
    mark_sources(program, body, needed, true);
    for (size_t i = 0; i < carries; ++i)
      if (needed[body.parameters[i].index] && !live.carries[i]) grown = live.carries[i] = true;
  }
  for (size_t i = carries; i < body.parameters.size(); ++i)
    (i < carries + sequences ? live.sequences : live.invariants).push_back(needed[body.parameters[i].index]);
  return live;
}

bool is_live_parameter(const LiveParts& live, size_t i) {
  if (i < live.carries.size()) return live.carries[i];
  i -= live.carries.size();
  return i < live.sequences.size() ? live.sequences[i] : live.invariants[i - live.sequences.size()];
}

/// A copy of the body with the live parameters and outputs only. The old one stays: other scans may name it.
FunctionId narrow_body(Program& program, FunctionId body, const LiveParts& live) {
  const Function old = program.function(body);
  program.functions.push_back(Function{old.name, {}, {}, {}, {}, {}, {}, {}});
  const FunctionId id{static_cast<uint32_t>(program.functions.size() - 1)};
  Builder builder(program, id);
  Rewriter rewriter(old, builder);
  for (size_t i = 0; i < old.parameters.size(); ++i)
    if (is_live_parameter(live, i)) rewriter.set(old.parameters[i], builder.parameter(old.type(old.parameters[i]), old.parameter_names[i]));
  const size_t carries = live.carries.size();
  const auto is_live_output = [&](size_t i) { return i < carries ? live.carries[i] : live.steps[i - carries]; };
  std::vector<bool> needed(old.values.size(), false);
  for (size_t i = 0; i < old.outputs.size(); ++i)
    if (is_live_output(i)) needed[old.outputs[i].index] = true;
  mark_sources(program, old, needed, true);
  for (const Node& node : old.nodes)
    if (has_effect(program, node.op) || std::any_of(node.outputs.begin(), node.outputs.end(), [&](ValueId v) { return needed[v.index]; }))
      rewriter.copy(node);
  for (size_t i = 0; i < old.outputs.size(); ++i)
    if (is_live_output(i)) builder.output(rewriter.at(old.outputs[i]), old.output_names[i]);
  return id;
}

/// The scan with its live parts; sets the new values of its live outputs.
void narrow_scan(Rewriter& rewriter, const Node& node, const LiveParts& live) {
  const Scan::Attrs& old = *node.op.as<Scan>();
  Scan::Attrs scan = old;
  scan.body = narrow_body(rewriter.to().program(), old.body, live);
  scan.carries = static_cast<int>(std::count(live.carries.begin(), live.carries.end(), true));
  scan.sequences = static_cast<int>(std::count(live.sequences.begin(), live.sequences.end(), true));
  scan.carry_types.clear();
  scan.step_types.clear();
  for (size_t i = 0; i < live.carries.size(); ++i)
    if (live.carries[i]) scan.carry_types.push_back(old.carry_types[i]);
  for (size_t i = 0; i < live.steps.size(); ++i)
    if (live.steps[i]) scan.step_types.push_back(old.step_types[i]);
  Vals operands;
  for (size_t i = 0; i < node.inputs.size(); ++i)
    if (is_live_parameter(live, i)) operands.push_back(rewriter.at(node.inputs[i]));
  const Vals results = rewriter.to().add(scan, operands);
  size_t next = 0;
  for (size_t i = 0; i < node.outputs.size(); ++i)
    if (i < live.carries.size() ? live.carries[i] : live.steps[i - live.carries.size()]) rewriter.set(node.outputs[i], results[next++]);
}

void eliminate_in(Program& program, FunctionId id) {
  const Function& function = program.function(id);
  std::vector<bool> marked(function.values.size(), false);
  for (ValueId output : function.outputs) marked[output.index] = true;
  for (const Update& update : function.updates) marked[update.value.index] = true;
  std::vector<LiveParts> live(function.nodes.size());
  std::vector<bool> kept(function.nodes.size(), false);
  for (size_t i = function.nodes.size(); i-- > 0;) {
    const Node& node = function.nodes[i];
    const bool read = std::any_of(node.outputs.begin(), node.outputs.end(), [&](ValueId v) { return marked[v.index]; });
    kept[i] = read || has_effect(program, node.op);
    if (!kept[i]) continue;
    const auto* scan = node.op.as<Scan>();
    if (scan) live[i] = live_parts(program, *scan, node, marked);
    for (size_t k = 0; k < node.inputs.size(); ++k)
      if (!scan || is_live_parameter(live[i], k)) marked[node.inputs[k].index] = true;
  }
  size_t index = 0;
  rebuild(program, id, [&](Rewriter& rewriter, const Node& node) {
    const size_t i = index++;
    if (!kept[i]) return true;
    if (!node.op.as<Scan>() || live[i].all()) return false;
    narrow_scan(rewriter, node, live[i]);
    return true;
  });
}

void eliminate_below(Program& program, FunctionId id, std::set<FunctionId>& done) {
  if (!done.insert(id).second) return;
  eliminate_in(program, id);  // first outside, which narrows scans, then in the bodies that are left
  const std::vector<Node> nodes = program.function(id).nodes;
  for (const Node& node : nodes)
    if (const std::optional<FunctionId> body = body_of(node.op)) eliminate_below(program, *body, done);
}

}  // namespace

void eliminate_dead(Program& program, FunctionId function) {
  std::set<FunctionId> done;
  eliminate_below(program, function, done);
}

}  // namespace keratin::ir
