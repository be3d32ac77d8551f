// scan: a loop over the steps; carries lie in buffers of their own that the body reads and, at its end, gets copied over.
#include "ir/plan/kernels/rules.h"
#include "ir/plan/kernels/shapes.h"

namespace keratin::ir {

namespace {

void add_loop_mark(Planner& planner, const Node& node, Step::Kind kind, int loop, const Scan::Attrs& attrs) {
  Step mark = planner.step("", "", node, Target{});
  mark.kind = kind;
  mark.loop = loop;
  mark.length = attrs.length;
  mark.reverse = attrs.reverse;
  planner.add(std::move(mark));
}

void plan(Planner& planner, const Node& node, const Target&) {
  const Scan::Attrs attrs = *node.op.as<Scan>();
  const size_t carries = static_cast<size_t>(attrs.carries), sequences = static_cast<size_t>(attrs.sequences);
  std::vector<Operand> arguments, outside;
  for (size_t i = 0; i < node.inputs.size(); ++i) outside.push_back(planner.operand(node.inputs[i]));
  for (size_t i = 0; i < carries; ++i) {
    const BufferId buffer = planner.scratch(outside[i].dtype, Dim(0), "carry");
    arguments.push_back(planner.copy_of(outside[i], buffer, node.origin));
  }
  std::vector<Operand> results;
  for (size_t i = 0; i < node.outputs.size(); ++i) results.push_back(planner.result(node.outputs[i]));
  const int loop = planner.new_loop();
  for (size_t i = carries; i < node.inputs.size(); ++i) arguments.push_back(i < carries + sequences ? at_step(outside[i], attrs.axis, loop) : outside[i]);

  add_loop_mark(planner, node, Step::Kind::loop_begin, loop, attrs);
  std::vector<Operand> outputs = planner.body(attrs.body, arguments);
  for (size_t i = carries; i < outputs.size(); ++i) planner.copy(outputs[i], at_step(results[i], attrs.axis, loop), node.origin);
  // A next carry that is another carry of this step would be overwritten before it is read.
  for (size_t i = 0; i < carries; ++i)
    for (size_t other = 0; other < i; ++other)
      if (outputs[i].buffer == arguments[other].buffer) outputs[i] = planner.copy_of(outputs[i], planner.scratch(outputs[i].dtype, Dim(0), "carried"), node.origin);
  for (size_t i = 0; i < carries; ++i)
    if (outputs[i].buffer != arguments[i].buffer) planner.copy(outputs[i], arguments[i], node.origin);
  add_loop_mark(planner, node, Step::Kind::loop_end, loop, attrs);
  for (size_t i = 0; i < carries; ++i) planner.copy(arguments[i], results[i], node.origin);
}

}  // namespace

KernelRule scan_rule() { return {"scan", false, nullptr, plan, nullptr}; }

}  // namespace keratin::ir
