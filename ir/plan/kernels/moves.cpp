// Rules that move elements: concatenate, pad, gather, scatter_add; and the size of a batch.
#include <fmt/format.h>

#include "ir/plan/kernels/rules.h"
#include "ir/plan/kernels/shapes.h"

namespace keratin::ir {

namespace {

void plan_concatenate(Planner& planner, const Node& node, const Target& target) {
  const int axis = node.op.as<Concatenate>()->axis;
  const Operand y = planner.result(target);
  Dim start(0);
  for (ValueId input : node.inputs) {
    const Operand x = planner.operand(input);
    if (x.buffer != y.buffer) planner.copy(x, part_of(y, axis, start, x.shape[axis]), node.origin);
    start = start + x.shape[axis];
  }
}

/// The whole result filled with the value, then the operand over it.
void plan_pad(Planner& planner, const Node& node, const Target& target) {
  const auto& attrs = *node.op.as<Pad>();
  const std::optional<Number> value = planner.exact_scalar(node.inputs[1]);
  if (!value) planner.fail(node, "padding with a value that is computed is not supported");
  const Operand x = planner.operand(node.inputs[0]);
  const Operand y = planner.result(target);
  Expression constant;
  constant.nodes.push_back({"constant", -1, *value, {}, y.dtype});
  planner.map(y, std::move(constant), {}, planner.step("", "", node, target));
  Operand inside = y;
  for (int axis = 0; axis < y.shape.rank(); ++axis) {
    inside = part_of(inside, axis, attrs.low[static_cast<size_t>(axis)], x.shape[axis]);
    inside.strides[static_cast<size_t>(axis)] = inside.strides[static_cast<size_t>(axis)] * (attrs.interior[static_cast<size_t>(axis)] + 1);
  }
  planner.copy(x, inside, node.origin);
}

void plan_gather(Planner& planner, const Node& node, const Target& target) {
  const auto& attrs = *node.op.as<Gather>();
  const Operand x = planner.dense(node.inputs[0]), indices = planner.dense(node.inputs[1]);
  const int rank = x.shape.rank();
  const Dim count = extent_product(planner, node, indices.shape, attrs.batch_dims, indices.shape.rank());
  const Operand y = planner.result(target);
  Step step = planner.step("gather", "gather.h", node, target);
  step.templates = {Template::named("Negative::refused")};
  step.args = {SizeArg{extent_product(planner, node, x.shape, 0, attrs.axis)}, SizeArg{x.shape[attrs.axis]}, SizeArg{extent_product(planner, node, x.shape, attrs.axis + 1, rank)}, SizeArg{count},
               PointerArg{x, false}, PointerArg{indices, false}, SizeArg{attrs.batch_dims == 0 ? Dim(0) : count}, PointerArg{y, true}};
  if (attrs.batch_dims != 0 && attrs.batch_dims != attrs.axis) step.args.push_back(SizeArg{extent_product(planner, node, y.shape, attrs.batch_dims, attrs.axis)});
  step.returns_status = true;
  step.input = indices;
  step.output = y;
  planner.add(std::move(step));
}

/// Zeros, then the sums.
void plan_scatter_add(Planner& planner, const Node& node, const Target& target) {
  const auto attrs = *node.op.as<ScatterAdd>();
  const Operand updates = planner.dense(node.inputs[0]), indices = planner.dense(node.inputs[1]);
  const Dim count = extent_product(planner, node, indices.shape, attrs.batch_dims, indices.shape.rank());
  const Operand y = planner.result(target);
  Expression zero;
  zero.nodes.push_back({"constant", -1, {}, {}, y.dtype});
  planner.map(y, std::move(zero), {}, planner.step("", "", node, target));
  Step step = planner.step("scatter_add", "gather.h", node, target);
  step.templates = {Template::named("Negative::refused")};
  step.args = {SizeArg{extent_product(planner, node, y.shape, 0, attrs.axis)}, SizeArg{attrs.extent}, SizeArg{extent_product(planner, node, y.shape, attrs.axis + 1, y.shape.rank())}, SizeArg{count},
               PointerArg{updates, false}, PointerArg{indices, false}, SizeArg{attrs.batch_dims == 0 ? Dim(0) : count}, PointerArg{y, true}};
  if (attrs.batch_dims != 0 && attrs.batch_dims != attrs.axis) step.args.push_back(SizeArg{extent_product(planner, node, y.shape, attrs.batch_dims, attrs.axis)});
  step.returns_status = true;
  step.input = updates;
  step.output = y;
  planner.add(std::move(step));
}

/// The number of examples, known when the program runs.
void plan_size(Planner& planner, const Node& node, const Target& target) {
  const auto& attrs = *node.op.as<Size>();
  if (attrs.dtype != storage(attrs.dtype)) planner.fail(node, fmt::format("the size of a batch as {} is not supported", name_of(attrs.dtype)));
  const Operand y = planner.result(target);
  Step step = planner.step("store_size", "move.h", node, target);
  step.args = {SizeArg{attrs.dim}, PointerArg{y, true}};
  step.output = y;
  planner.add(std::move(step));
}

}  // namespace

KernelRule concatenate_rule() { return {"concatenate", false, nullptr, plan_concatenate, nullptr}; }
KernelRule pad_rule() { return {"pad", false, nullptr, plan_pad, nullptr}; }
KernelRule scatter_add_rule() { return {.family = "scatter_add", .plan = plan_scatter_add}; }
KernelRule size_rule() { return {.family = "size", .plan = plan_size}; }
KernelRule gather_rule() { return {"gather", false, nullptr, plan_gather, nullptr}; }

}  // namespace keratin::ir
