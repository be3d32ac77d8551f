// Gradients of a scan's invariants that need not be summed up step by step: where each step contributes a contraction of values of that
// step, the sum over all steps is one contraction of the stacked values, with the axis of steps contracted too.
#pragma once

#include <functional>
#include <set>
#include <vector>

#include "ir/builder.h"

namespace keratin::ir {

/// About the joint function of a body and its gradient; `forward` is the number of nodes of the body.
class StepContraction {
 public:
  StepContraction(const Function& joint, const std::vector<int>& defined_by, const std::vector<bool>& varies, size_t forward, int axis)
      : joint_(joint), defined_by_(defined_by), varies_(varies), forward_(forward), axis_(axis) {}

  /// The summands of a gradient.
  std::vector<ValueId> terms(ValueId gradient) const;
  /// Whether the sum over all steps of that term is a contraction of stacked values.
  bool possible(ValueId term) const;
  /// Adds the values that are to be stacked.
  void collect_operands(ValueId term, std::set<ValueId>& operands) const;
  /// Appends the contraction to the function of the scan; `stacked` gives the values of all steps.
  Val build(Builder& builder, ValueId term, const std::function<Val(ValueId)>& stacked) const;

 private:
  const Node* backward_node(ValueId value) const;

  const Function& joint_;
  const std::vector<int>& defined_by_;
  const std::vector<bool>& varies_;
  size_t forward_;
  int axis_;
};

}  // namespace keratin::ir
