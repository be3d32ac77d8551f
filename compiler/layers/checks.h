// What many layers ask of a call's inputs. A problem is reported with Keras's words and gives a poisoned value.
#pragma once

#include "compiler/layers/call_context.h"

namespace keratin {

/// The call's only tensor, of that rank where one is given.
KTensor only_tensor(CallContext& ctx, const CallInputs& inputs, std::optional<int> rank = std::nullopt);

/// The mask of a call: its argument `mask` or the one that travels with the tensor; poisoned where there is none.
Val call_mask(const CallInputs& inputs, const KTensor& tensor);

/// Axes of a config counted from the front and sorted; nullopt after a problem.
std::optional<std::vector<int>> counted_axes(CallContext& ctx, const std::vector<int64_t>& axes, const Shape& shape);

/// 1 everywhere but at `axes`, where it has the extents of `shape`: what a vector of those axes is reshaped to before it is broadcast.
Shape ones_but(const Shape& shape, const std::vector<int>& axes);
/// The extents of those axes.
Shape extents_of(const Shape& shape, const std::vector<int>& axes);

/// The shape without its batch dimension, as Keras's messages show it.
std::string shape_without_batch(const Shape& shape);

}  // namespace keratin
