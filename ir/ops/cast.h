// The same numbers as another dtype; float to integer truncates towards zero, to bool is x != 0. Narrowing rounds to nearest even.
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct Cast {
  static constexpr OpInfo info{.name = "cast", .arity = 1, .pointwise = true};
  struct Attrs {
    DType to;
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
