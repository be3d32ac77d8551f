// Packing while the program runs, for weights that change: what `prepared` does for those that do not.
#pragma once

#include "ir/plan/kernels/rules.h"

namespace keratin::ir {

/// A matrix of outer * k rows and n columns within an operand; strides in elements.
struct PackedMatrix {
  int64_t outer, k, n, outer_stride, k_stride, n_stride;
};

/// Packs `count` matrices, `next` elements apart in the operand, one after another in panels (pack.h): a scratch buffer.
Operand pack_now(Planner& planner, const Node& node, const Operand& weights, const PackedMatrix& matrix, int64_t count = 1, int64_t next = 0);

}  // namespace keratin::ir
