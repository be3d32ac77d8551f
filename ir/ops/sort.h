// Sorts the last axis, stably; outputs (values, int32 indices), cut to the first `count` of them.
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct Sort {
  static constexpr OpInfo info{.name = "sort", .arity = 1, .outputs = 2};
  struct Attrs {
    bool descending = false;
    int64_t count = -1;  // -1: all
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
