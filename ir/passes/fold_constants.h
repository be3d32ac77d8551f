// fold_constants: computes nodes whose operands are all known to the compiler. It runs before simplify, which recognises constants.
// Variables are never constants: what depends on them alone is split_prepare's. Broadcasts and iotas of constants stay as they are, which
// costs nothing at run time, unless something else is computed from them. Afterwards no node outside that has constant operands only, up to
// a limit of size.
#pragma once

#include "ir/program.h"

namespace keratin::ir {

void fold_constants(Program& program, FunctionId function);

}  // namespace keratin::ir
