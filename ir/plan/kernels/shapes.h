// Small questions that kernel rules ask of shapes and views.
#pragma once

#include "ir/plan/planner.h"

namespace keratin::ir {

/// Product of the extents begin .. end - 1, linear in the batch; a problem of the node where it is not.
Dim extent_product(const Planner& planner, const Node& node, const Shape& shape, int begin, int end);
/// The same over a list of axes.
Dim extent_product(const Planner& planner, const Node& node, const Shape& shape, const std::vector<int>& axes);

/// A product that must be linear in the batch; throws PlanError where it is not.
Dim times(Dim a, Dim b);

/// The inputs of the forward composite whose gradients the results of a `<kind>_grad` are (ir/passes/composite_gradient.h).
std::vector<size_t> gradient_inputs(const Node& composite);

/// The part of a dense operand that begins at `start` along an axis and has `extent` there.
Operand part_of(const Operand& whole, int axis, Dim start, Dim extent);

/// The operand without an axis, at a step of a loop along it.
Operand at_step(const Operand& whole, int axis, int loop);

}  // namespace keratin::ir
