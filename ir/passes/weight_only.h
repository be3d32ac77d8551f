// Which values of a function are the same for every call: those computed from constants and from variables that the function does not
// update.
#pragma once

#include <vector>

#include "ir/program.h"

namespace keratin::ir {

/// By value; only values of static shape. Parameters, random numbers and the batch size are not weight-only, nor are prepared variables.
std::vector<bool> weight_only(const Program& program, const Function& function);

/// The op's result depends on the number of examples of a call though no operand does.
bool depends_on_batch(const Op& op);

}  // namespace keratin::ir
