// What the merging layers share: ranks, dtypes and masks of several inputs.
#pragma once

#include "compiler/layers/call_context.h"

namespace keratin {

/// Tensors in one dtype: the layer's compute dtype where any is a float, else the widest integer.
void to_one_dtype(CallContext& ctx, KTensors& tensors);

/// From Keras 3.4 on masks are combined with or, and an input without mask leaves none; before, with and over the masks that exist.
bool masks_by_or(const KerasVersion& version);

/// The mask of an element-wise merge; poisoned: none.
Val merged_mask(CallContext& ctx, const KTensors& tensors);

/// A mask [n, steps...] as one [.., 1...] that broadcasts to the shape of its tensor.
Val mask_like(ir::Builder& b, Val mask, Shape shape);

}  // namespace keratin
