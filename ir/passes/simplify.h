// simplify: replaces nodes by simpler ones with exactly the same value, bit for bit: x * 1, x - 0, transposes and reshapes of each other,
// slices of everything. x + 0 stays for floats, since -0 + 0 is 0, and so does x * 0. A narrowing cast rounds and is never removed, but for
// one back to the dtype that a value had before it was widened. It runs after fold_constants and after every pass that leaves such pairs
// behind. stop_gradient is kept as long as gradients are still to be taken.
#pragma once

#include "ir/program.h"

namespace keratin::ir {

void simplify(Program& program, FunctionId function, bool gradients_taken = false);

}  // namespace keratin::ir
