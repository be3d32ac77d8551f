// Surrounds with a value: low before, high after, interior between neighbours; inputs (x, scalar value).
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct Pad {
  static constexpr OpInfo info{.name = "pad", .arity = 2};
  struct Attrs {
    std::vector<Dim> low, high;  // not negative
    std::vector<int64_t> interior;
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
