// The gradient of a scan is a scan in the opposite direction. The forward body is differentiated in a joint function; what its backward
// half reads of the forward half is stacked by the forward scan (residuals), or computed again where that costs nothing. Gradients of
// invariants that are contractions (weights in a dot or convolution, biases) are one contraction over all steps after the loop; others are
// summed up in carries.
#pragma once

#include <vector>

#include "ir/builder.h"

namespace keratin::ir {

/// Appends the backward scan of the scan that is node `index` of the builder's function, and gives that node the stacked outputs that it
/// needs. `d_outputs` are poisoned where there is none. Returns the gradient of each input; poisoned where not wanted or where nothing
/// depends.
Vals scan_gradient(Builder& builder, size_t index, const Vals& d_outputs, const std::vector<bool>& wanted);

}  // namespace keratin::ir
