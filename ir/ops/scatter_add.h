// Adds slices into zeros, the transpose of gather; inputs (updates, indices). Repeated indices accumulate.
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct ScatterAdd {
  static constexpr OpInfo info{.name = "scatter_add", .arity = 2};
  struct Attrs {
    int axis = 0;
    int batch_dims = 0;
    Dim extent;  // of the output along `axis`
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
