#include "ir/plan/kernels/shapes.h"

namespace keratin::ir {

Dim times(Dim a, Dim b) { return b.is_static() ? a * b.size : b * a.size; }

Dim extent_product(const Planner& planner, const Node& node, const Shape& shape, int begin, int end) {
  Dim total(1);
  for (int axis = begin; axis < end; ++axis) {
    if (!shape[axis].is_static() && !total.is_static()) planner.fail(node, "a product of two batch dimensions is not supported");
    total = times(total, shape[axis]);
  }
  return total;
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
