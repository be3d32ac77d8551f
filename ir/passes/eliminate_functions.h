// eliminate_functions: removes bodies that no scan or composite names any more. Passes that narrow, inline or differentiate bodies leave
// such functions behind, because others may have named them too. It runs last. Afterwards every function is one of those kept or a body
// below one of them.
#pragma once

#include <vector>

#include "ir/program.h"

namespace keratin::ir {

/// Keeps the functions `kept` and their bodies, in their order. Ids change: those in `kept` are renewed.
void eliminate_functions(Program& program, std::vector<FunctionId>& kept);

}  // namespace keratin::ir
