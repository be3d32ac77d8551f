// y = condition ? x1 : x2 for each element; inputs (condition: bool, x1, x2).
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct Select {
  static constexpr OpInfo info{.name = "select", .arity = 3, .pointwise = true};
  struct Attrs {
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
