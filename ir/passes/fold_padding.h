// fold_padding: zeros put around the input of a convolution (ZeroPadding before it) become the convolution's own padding, and those around
// a max pooling its padding where they change nothing: the operand is never negative (a ReLU's result) and each window holds an element of
// it. Kernels then read the operand without a padded copy. For inference only.
#pragma once

#include "ir/program.h"

namespace keratin::ir {

void fold_padding(Program& program, FunctionId function);

}  // namespace keratin::ir
