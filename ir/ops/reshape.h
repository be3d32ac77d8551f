// The same elements in row-major order under another shape.
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct Reshape {
  static constexpr OpInfo info{.name = "reshape", .arity = 1};
  struct Attrs {
    Shape shape;
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
