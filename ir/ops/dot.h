// Tensor contraction: output axes = batch axes, free axes of the left, free axes of the right, each in its operand's order.
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct Dot {
  static constexpr OpInfo info{.name = "dot", .arity = 2};
  struct Attrs {
    std::vector<int> left_batch, right_batch;        // paired, equal extents
    std::vector<int> left_contract, right_contract;  // paired, equal extents; may be empty (outer product)
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
