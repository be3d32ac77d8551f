// make_plan: the last arrow of the IR: an optimised Program to a Plan.
#pragma once

#include "ir/plan/planner.h"
#include "ir/support/result.h"

namespace keratin::ir {

/// Plans `predict`, for which packing of weights is appended to `prepare`; then the functions `on_weights`, which work on Keras's own weights,
/// and, if there are any or weights are kept, `prepare`. The latter is evaluated. Errors name the layer that cannot be planned.
Result<Plan> make_plan(Program& program, const PlanOptions& options, const std::vector<FunctionId>& on_weights = {});

/// Whether no two examples of a batch meet, so that the batch may be cut into blocks.
bool is_separable(const Program& program, const Function& function);

}  // namespace keratin::ir
