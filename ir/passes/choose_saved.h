// choose_saved: what backward reads again of the forward pass, and what it computes anew. Before it, every value that both read is kept in
// memory from one to the other; afterwards cheap pointwise values stand twice, where what they are computed from is kept anyway or is no larger
// than they are. (Chen et al. 2016, "Training deep nets with sublinear memory cost", for the idea; here only where it costs no time.)
// Nothing after it may merge equal nodes. A function without backward nodes stays as it is.
#pragma once

#include "ir/program.h"

namespace keratin::ir {

void choose_saved(Program& program, FunctionId function);

}  // namespace keratin::ir
