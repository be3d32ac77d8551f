// Reverse accumulation within one function: appends the nodes that compute gradients of some of its values to it. differentiate makes a
// function of its own from this; a training step calls it directly and goes on with the gradients.
#pragma once

#include <vector>

#include "ir/builder.h"

namespace keratin::ir {

/// Gradients of sum(of[i] * seeds[i]) with respect to the values `wrt`, of their shapes and dtypes; zeros where nothing depends. All are
/// values of the builder's function and their ids stay, but scans on the way are given further stacked outputs and composites with scans in
/// them are inlined. Bodies of scans and composites get variables as operands: what they read themselves has no gradient.
Vals gradients(Builder& builder, const Vals& of, const Vals& seeds, const Vals& wrt);

/// The same; poisoned where nothing depends.
Vals gradients_or_none(Builder& builder, const Vals& of, const Vals& seeds, const Vals& wrt);

/// Marks float values that depend on marked ones in a way that has a gradient.
void mark_dependent(const Function& function, std::vector<bool>& marked);

/// The origin of backward nodes of that layer call; added to the Program where it is not there yet.
OriginId backward_origin(Program& program, OriginId forward);

}  // namespace keratin::ir
