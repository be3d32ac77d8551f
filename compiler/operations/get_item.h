// x[...]: numpy's basic indexing, and one tensor of indices (keras GetItem, tf.keras SlicingOpLambda).
#pragma once

#include <string_view>

#include "compiler/operations/arguments.h"

namespace keratin {

/// The arguments x and key: integers, slices, None, an ellipsis and at most one tensor or array of integers, alone or in a list.
Val get_item(Arguments& a);

/// Slices of an axis by index (written in index.cpp). Constant indices are checked here; `wraps`: negative ones count from the end.
Val take_along(Arguments& a, std::string_view name, Val x, Val indices, int axis, bool wraps, int batch_dims);

}  // namespace keratin
