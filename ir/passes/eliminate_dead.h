// eliminate_dead: removes nodes whose results nobody reads. It runs after every pass that leaves such nodes behind (nearly all), so that
// later ones do not look at them. Afterwards every node leads to an output, an update or draws random numbers; scans have no carry,
// sequence, invariant or stacked output that is not read. Composites keep their operands and results, which kernels rely on; their bodies
// are cleaned.
#pragma once

#include "ir/program.h"

namespace keratin::ir {

void eliminate_dead(Program& program, FunctionId function);

}  // namespace keratin::ir
