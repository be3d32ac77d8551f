// 0, 1, 2, ... along an axis, equal along the others.
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct Iota {
  static constexpr OpInfo info{.name = "iota", .arity = 0};
  struct Attrs {
    Type type;
    int axis;
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
