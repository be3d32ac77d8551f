#include "ir/plan/kernels/shapes.h"

namespace keratin::ir {

Dim times(Dim a, Dim b) {
  const std::optional<Dim> result = product(a, b);
  if (!result) throw PlanError{"a product of two batch dimensions is not supported"};
  return *result;
}

Dim extent_product(const Planner& planner, const Node& node, const Shape& shape, const std::vector<int>& axes) {
  Dim total(1);
  for (int axis : axes) {
    const std::optional<Dim> next = product(total, shape[axis]);
    if (!next) planner.fail(node, "a product of two batch dimensions is not supported");
    total = *next;
  }
  return total;
}

Dim extent_product(const Planner& planner, const Node& node, const Shape& shape, int begin, int end) {
  std::vector<int> axes;
  for (int axis = begin; axis < end; ++axis) axes.push_back(axis);
  return extent_product(planner, node, shape, axes);
}

std::vector<size_t> gradient_inputs(const Node& composite) {
  std::vector<size_t> inputs(1, 0);
  for (const char c : std::get<std::string>(composite.op.as<Composite>()->attributes.at("gradients"))) {
    if (c == ',') inputs.push_back(0);
    else inputs.back() = inputs.back() * 10 + static_cast<size_t>(c - '0');
  }
  return inputs;
}

Operand part_of(const Operand& whole, int axis, Dim start, Dim extent) {
  Operand part = whole;
  part.shape[axis] = extent;
  part.offset = part.offset + times(whole.strides[static_cast<size_t>(axis)], start);
  return part;
}

Operand at_step(const Operand& whole, int axis, int loop) {
  Operand step = whole;
  step.loops.push_back({loop, whole.strides[static_cast<size_t>(axis)]});
  step.shape.dims.erase(step.shape.dims.begin() + axis);
  step.strides.erase(step.strides.begin() + axis);
  return step;
}

}  // namespace keratin::ir
