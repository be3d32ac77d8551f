// Output axis i is input axis order[i].
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct Transpose {
  static constexpr OpInfo info{.name = "transpose", .arity = 1};
  struct Attrs {
    std::vector<int> order;
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
