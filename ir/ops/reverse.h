// Reverses the order along axes.
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct Reverse {
  static constexpr OpInfo info{.name = "reverse", .arity = 1};
  struct Attrs {
    std::vector<int> axes;  // sorted
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
