// eliminate_common: merges nodes that compute the same from the same operands. It runs after folding and simplification have made equal
// things look equal, and after composites and gradients have computed something a second time. Afterwards no two nodes of a function have
// equal op and operands, apart from random numbers; equal constants are one.
#pragma once

#include "ir/program.h"

namespace keratin::ir {

void eliminate_common(Program& program, FunctionId function);

}  // namespace keratin::ir
