// Rules about order along an axis: cumulative, arg_reduce, sort.
#include "ir/plan/kernels/rules.h"
#include "ir/plan/kernels/shapes.h"

namespace keratin::ir {

namespace {

std::string_view operation(Cumulative::Kind kind) {
  switch (kind) {
    case Cumulative::Kind::sum: return "Sum";
    case Cumulative::Kind::prod: return "Prod";
    case Cumulative::Kind::max: return "Max";
    case Cumulative::Kind::min: return "Min";
  }
  return "";
}

void plan_cumulative(Planner& planner, const Node& node, const Target& target) {
  const auto& attrs = *node.op.as<Cumulative>();
  const Operand x = planner.dense(node.inputs[0]);
  const Operand y = planner.result(target);
  Step step = planner.step("cumulative", "cumulative.h", node, target);
  step.templates = {Template::named(std::string(operation(attrs.kind)))};
  step.args = {SizeArg{extent_product(planner, node, x.shape, 0, attrs.axis)}, SizeArg{x.shape[attrs.axis]}, SizeArg{extent_product(planner, node, x.shape, attrs.axis + 1, x.shape.rank())},
               PointerArg{x, false}, PointerArg{y, true}, AggregateArg{"Running", {Dim(attrs.reverse), Dim(attrs.exclusive)}}};
  step.input = x;
  step.output = y;
  planner.add(std::move(step));
}

void plan_arg_reduce(Planner& planner, const Node& node, const Target& target) {
  const auto& attrs = *node.op.as<ArgReduce>();
  const Operand x = planner.dense(node.inputs[0]);
  const Operand y = planner.result(target);
  const Dim outer = extent_product(planner, node, x.shape, 0, attrs.axis), reduced = x.shape[attrs.axis], inner = extent_product(planner, node, x.shape, attrs.axis + 1, x.shape.rank());
  Step step = planner.step("arg_reduce", "arg_reduce.h", node, target);
  step.templates = {Template::named(attrs.largest ? "ArgMax" : "ArgMin")};
  step.args = {ExtentsArg{{outer, reduced, inner}}, StridedLeaf{y, {inner, Dim(1)}, true}, StridedLeaf{x, {times(reduced, inner), inner, Dim(1)}, false}};
  step.input = x;
  step.output = y;
  planner.add(std::move(step));
}

void plan_sort(Planner& planner, const Node& node, const Target&) {
  const auto& attrs = *node.op.as<Sort>();
  const Operand x = planner.dense(node.inputs[0]);
  const Dim rows = extent_product(planner, node, x.shape, 0, x.shape.rank() - 1), n = x.shape.back();
  const Operand values = planner.result(node.outputs[0]), indices = planner.result(node.outputs[1]);
  Step step = planner.step(attrs.descending ? "top_k" : "bottom_k", "sort.h", node, Target{});
  step.args = {SizeArg{rows}, SizeArg{n}, SizeArg{attrs.count < 0 ? n : Dim(attrs.count)}, PointerArg{x, false}, PointerArg{values, true}, PointerArg{indices, true}};
  step.input = x;
  step.output = values;
  planner.add(std::move(step));
}

}  // namespace

KernelRule cumulative_rule() { return {"cumulative", false, nullptr, plan_cumulative, nullptr}; }
KernelRule arg_reduce_rule() { return {"arg_reduce", false, nullptr, plan_arg_reduce, nullptr}; }
KernelRule sort_rule() { return {"sort", false, nullptr, plan_sort, nullptr}; }

}  // namespace keratin::ir
