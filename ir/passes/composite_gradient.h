// The gradient of a composite is a composite again, `<kind>_grad`, whose body is derived from the forward body. A kernel may take it whole;
// inlined next to an inlined forward body, what both compute is merged by eliminate_common.
#pragma once

#include <vector>

#include "ir/builder.h"

namespace keratin::ir {

/// Appends the gradient of a composite node; poisoned where an input is not wanted or nothing depends on it. Its operands are the node's
/// inputs, outputs and, for each float output, the gradient (`d_outputs`, all there); its results the gradients of the inputs that
/// attribute `gradients` lists (`0,2`).
Vals composite_gradient(Builder& builder, const Node& node, const Vals& d_outputs, const std::vector<bool>& wanted);

}  // namespace keratin::ir
