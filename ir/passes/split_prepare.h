// split_prepare: moves what depends on variables alone out of a function into the function `prepare`. Its results become variables of role
// prepared, which the function reads instead: transposed, packed and folded weights are computed once, not per call. It runs after
// fold_scale_into_weights and before kernels are chosen. Afterwards the function computes nothing from variables alone but broadcasts and
// reshapes of them.
#pragma once

#include "ir/program.h"
#include "ir/support/result.h"

namespace keratin::ir {

/// Returns `prepare`, which updates the prepared variables and has no parameters; none where there is nothing to prepare. A prepared
/// variable is named after the weight it comes from: `conv1/kernel_prepared`; `norm1/folded` where that is a moving statistic. May be called for several functions of a Program.
FunctionId split_prepare(Program& program, FunctionId function);

/// Runs `prepare` on the variables' initial values and fills those of the prepared ones. An error where a variable has no value.
Result<Done> evaluate_prepare(Program& program);

}  // namespace keratin::ir
