// fold_scale_into_weights: a contraction or convolution whose result is multiplied by and added to per-channel values that depend on
// variables alone (a batch normalization at inference, its own bias before it) becomes one with a scaled kernel and one added vector. For
// inference only: what is folded rounds otherwise. It runs before split_prepare, which then computes the scaled kernel once. Afterwards no
// such contraction is followed by a per-channel multiplication. A scale before a convolution stays: padding is zero, not the shifted zero.
#pragma once

#include "ir/program.h"

namespace keratin::ir {

void fold_scale_into_weights(Program& program, FunctionId function);

}  // namespace keratin::ir
