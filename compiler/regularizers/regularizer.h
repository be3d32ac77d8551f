// Regularizers: L1, L2, L1L2, OrthogonalRegularizer, as configs hold them.
#pragma once

#include "compiler/layers/call_context.h"

namespace keratin {

/// The scalar that a regularizer adds to the loss; poisoned where `config` is null. Unknown ones are problems of the call.
Val regularization(CallContext& ctx, const Json& config, Val weight);

}  // namespace keratin
