// The composite softmax over the last axis: softmax.h. Over other axes it is inlined.
#include <fmt/format.h>

#include "ir/plan/kernels/rules.h"
#include "ir/plan/kernels/shapes.h"

namespace keratin::ir {

namespace {

bool accepts(const Program&, const Function& function, const Node& node) {
  const auto& attributes = node.op.as<Composite>()->attributes;
  const Type& type = function.type(node.inputs[0]);
  const auto axes = attributes.find("axes");
  return axes != attributes.end() && std::get<std::string>(axes->second) == fmt::format("{}", type.shape.rank() - 1) && type.dtype == storage(type.dtype);
}

void plan(Planner& planner, const Node& node, const Target& target) {
  const Operand x = planner.dense(node.inputs[0]);
  const Shape& shape = x.shape;
  const Dim rows = extent_product(planner, node, shape, 0, shape.rank() - 1);
  const Operand y = planner.result(target);
  Step step = planner.step("softmax", "softmax.h", node, target);
  step.templates = {Template::of(shape.back().size)};
  step.args = {SizeArg{rows}, SizeArg{shape.back()}, PointerArg{x, false}, PointerArg{y, true}};
  step.input = x;
  step.output = y;
  planner.add(std::move(step));
}

}  // namespace

KernelRule softmax_rule() { return {"softmax", false, accepts, plan, nullptr}; }

}  // namespace keratin::ir
