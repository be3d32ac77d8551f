// reduce: reduce.h over [outer][reduced][inner], once for every run of neighbouring axes, the last run first.

#include "ir/plan/kernels/rules.h"
#include "ir/plan/kernels/shapes.h"

namespace keratin::ir {

namespace {

std::string_view operation(Reduce::Kind kind) {
  switch (kind) {
    case Reduce::Kind::sum: return "Sum";
    case Reduce::Kind::prod: return "Prod";
    case Reduce::Kind::max: return "Max";
    case Reduce::Kind::min: return "Min";
    case Reduce::Kind::any: return "Any";
    case Reduce::Kind::all: return "All";
  }
  return "";
}

/// Axes first .. last of a dense operand.
void add_step(Planner& planner, const Node& node, const Target& target, const Operand& x, int first, int last, const Operand& y) {
  const Dim outer = extent_product(planner, node, x.shape, 0, first), reduced = extent_product(planner, node, x.shape, first, last + 1),
            inner = extent_product(planner, node, x.shape, last + 1, x.shape.rank());
  const bool rows = inner == Dim(1) && is_float(storage(x.dtype));
  Step step = planner.step(rows ? "reduce_rows" : "reduce", "reduce.h", node, target);
  step.templates = {Template::named(std::string(operation(node.op.as<Reduce>()->kind)))};
  step.args.push_back(ExtentsArg{rows ? std::vector<Dim>{outer, reduced} : std::vector<Dim>{outer, reduced, inner}});
  step.args.push_back(ValueArg{"Identity"});
  step.args.push_back(ValueArg{"Identity"});
  step.args.push_back(rows ? StridedLeaf{y, {Dim(1)}, true} : StridedLeaf{y, {inner, Dim(1)}, true});
  step.args.push_back(rows ? StridedLeaf{x, {reduced, Dim(1)}, false} : StridedLeaf{x, {times(reduced, inner), inner, Dim(1)}, false});
  step.input = x;
  step.output = y;
  planner.add(std::move(step));
}

void plan(Planner& planner, const Node& node, const Target& target) {
  const std::vector<int> axes = node.op.as<Reduce>()->axes;
  Operand x = planner.dense(node.inputs[0]);
  size_t end = axes.size();
  while (true) {
    size_t begin = end - 1;
    while (begin > 0 && axes[begin - 1] + 1 == axes[begin]) --begin;
    const int first = axes[begin], last = axes[end - 1];
    if (begin == 0) return add_step(planner, node, target, x, first, last, planner.result(target));
    Shape shape = x.shape;
    shape.dims.erase(shape.dims.begin() + first, shape.dims.begin() + last + 1);
    const Operand y = planner.scratch_operand(x.dtype, std::move(shape), "reduced");
    add_step(planner, node, Target{}, x, first, last, y);
    x = y;
    end = begin;
  }
}

}  // namespace

KernelRule reduce_rule() { return {"reduce", false, nullptr, plan, nullptr}; }

}  // namespace keratin::ir
