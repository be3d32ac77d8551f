// Takes slices along an axis; inputs (x, indices). Output axes: x[:axis], indices[batch_dims:], x[axis+1:].
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct Gather {
  static constexpr OpInfo info{.name = "gather", .arity = 2};
  /// The first batch_dims axes of x and indices are paired (batch_dims <= axis).
  struct Attrs {
    int axis = 0;
    int batch_dims = 0;
    bool checked = true;  // an index outside is the user's error; otherwise indices are known to be in range
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
