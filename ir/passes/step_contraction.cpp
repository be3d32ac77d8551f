#include "ir/passes/step_contraction.h"

#include <algorithm>

#include "ir/support/check.h"

namespace keratin::ir {

namespace {

bool is_contraction(const Op& op) {
  const auto* reduce = op.as<Reduce>();
  return op.as<Dot>() || op.as<ConvKernelGrad>() || (reduce && reduce->kind == Reduce::Kind::sum);
}

bool is_arrangement(const Op& op) { return op.as<Transpose>() || op.as<Reshape>(); }

/// The axes of a step's value as axes of the stacked value.
std::vector<int> behind(std::vector<int> axes, int step_axis) {
  for (int& axis : axes)
    if (axis >= step_axis) ++axis;
  return axes;
}

Val contract(Builder& b, Dot::Attrs dot, int axis, Val left, Val right) {
  for (std::vector<int>* axes : {&dot.left_batch, &dot.right_batch, &dot.left_contract, &dot.right_contract}) *axes = behind(*axes, axis);
  dot.left_contract.push_back(axis);
  dot.right_contract.push_back(axis);
  return b.dot(left, right, dot);
}

/// [n, steps, ...] or [steps, n, ...] as more examples.
Val as_examples(Builder& b, Val stacked) {
  Shape shape = stacked.shape();
  const Dim examples = product(shape[0], shape[1]).value();  // steps are a number
  shape.dims.erase(shape.dims.begin());
  shape[0] = examples;
  return b.reshape(stacked, shape);
}

}  // namespace

const Node* StepContraction::backward_node(ValueId value) const {
  const int index = defined_by_[value.index];
  return index < 0 || static_cast<size_t>(index) < forward_ ? nullptr : &joint_.nodes[static_cast<size_t>(index)];
}

std::vector<ValueId> StepContraction::terms(ValueId gradient) const {
  const Node* node = backward_node(gradient);
  const auto* binary = node ? node->op.as<Binary>() : nullptr;
  if (!binary || binary->kind != Binary::Kind::add) return {gradient};
  std::vector<ValueId> all = terms(node->inputs[0]);
  for (ValueId term : terms(node->inputs[1])) all.push_back(term);
  return all;
}

bool StepContraction::possible(ValueId term) const {
  const Node* node = backward_node(term);
  if (!node) return false;
  if (is_arrangement(node->op)) return possible(node->inputs[0]);
  if (!is_contraction(node->op) || (node->op.as<ConvKernelGrad>() && axis_ > 1)) return false;
  return std::all_of(node->inputs.begin(), node->inputs.end(),
                     [&](ValueId v) { return varies_[v.index] && joint_.type(v).shape.rank() >= axis_; });
}

void StepContraction::collect_operands(ValueId term, std::set<ValueId>& operands) const {
  const Node& node = *backward_node(term);
  if (is_arrangement(node.op)) return collect_operands(node.inputs[0], operands);
  operands.insert(node.inputs.begin(), node.inputs.end());
}

Val StepContraction::build(Builder& b, ValueId term, const std::function<Val(ValueId)>& stacked) const {
  const Node& node = *backward_node(term);
  b.set_origin(node.origin);
  if (is_arrangement(node.op)) return b.add1(node.op, {build(b, node.inputs[0], stacked)});
  if (const auto* dot = node.op.as<Dot>()) return contract(b, *dot, axis_, stacked(node.inputs[0]), stacked(node.inputs[1]));
  if (const auto* conv = node.op.as<ConvKernelGrad>())
    return b.conv_kernel_grad(as_examples(b, stacked(node.inputs[0])), as_examples(b, stacked(node.inputs[1])), conv->geometry,
                              conv->kernel);
  std::vector<int> axes = behind(node.op.as<Reduce>()->axes, axis_);
  axes.push_back(axis_);
  return b.reshape(b.sum(stacked(node.inputs[0]), axes, true), joint_.type(term).shape);
}

}  // namespace keratin::ir
