// reduce: reduce.h over [outer][reduced][inner], to which any set of axes collapses after at most one transposed copy.
#include <algorithm>

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

void plan(Planner& planner, const Node& node, const Target& target) {
  const auto& attrs = *node.op.as<Reduce>();
  const int first = attrs.axes.front(), last = attrs.axes.back();
  const bool neighbours = last - first + 1 == static_cast<int>(attrs.axes.size());
  Operand x;
  Dim outer, reduced, inner(1);
  if (neighbours) {
    x = planner.dense(node.inputs[0]);
    outer = extent_product(planner, node, x.shape, 0, first);
    reduced = extent_product(planner, node, x.shape, first, last + 1);
    inner = extent_product(planner, node, x.shape, last + 1, x.shape.rank());
  } else {
    Operand view = planner.operand(node.inputs[0]);
    Operand turned = view;
    turned.shape.dims.clear();
    turned.strides.clear();
    const auto take = [&](bool among) {
      for (int axis = 0; axis < view.shape.rank(); ++axis) {
        if ((std::find(attrs.axes.begin(), attrs.axes.end(), axis) != attrs.axes.end()) != among) continue;
        turned.shape.dims.push_back(view.shape[axis]);
        turned.strides.push_back(view.strides[static_cast<size_t>(axis)]);
      }
    };
    take(false);
    const int kept = turned.shape.rank();
    take(true);
    x = planner.copy_of(turned, planner.scratch(view.dtype, Dim(0), "arranged"), node.origin);
    outer = extent_product(planner, node, x.shape, 0, kept);
    reduced = extent_product(planner, node, x.shape, kept, x.shape.rank());
  }
  const Operand y = planner.result(target);
  const bool rows = inner == Dim(1) && is_float(storage(x.dtype));
  Step step = planner.step(rows ? "reduce_rows" : "reduce", "reduce.h", node, target);
  step.templates = {Template::named(std::string(operation(attrs.kind)))};
  step.args.push_back(ExtentsArg{rows ? std::vector<Dim>{outer, reduced} : std::vector<Dim>{outer, reduced, inner}});
  step.args.push_back(ValueArg{"Identity"});
  step.args.push_back(ValueArg{"Identity"});
  step.args.push_back(rows ? StridedLeaf{y, {Dim(1)}, true} : StridedLeaf{y, {inner, Dim(1)}, true});
  step.args.push_back(rows ? StridedLeaf{x, {reduced, Dim(1)}, false} : StridedLeaf{x, {times(reduced, inner), inner, Dim(1)}, false});
  step.input = x;
  step.output = y;
  planner.add(std::move(step));
}

}  // namespace

KernelRule reduce_rule() { return {"reduce", false, nullptr, plan, nullptr}; }

}  // namespace keratin::ir
