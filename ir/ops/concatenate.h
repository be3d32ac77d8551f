// Joins along one axis.
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct Concatenate {
  static constexpr OpInfo info{.name = "concatenate", .arity = -1};
  struct Attrs {
    int axis;
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
