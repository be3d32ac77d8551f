// Elements start, start + stride, ... below limit along each axis.
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct Slice {
  static constexpr OpInfo info{.name = "slice", .arity = 1};
  struct Attrs {
    std::vector<Dim> start, limit;
    std::vector<int64_t> stride;  // positive
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
