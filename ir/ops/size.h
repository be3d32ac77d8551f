// The value of a dimension as a scalar, such as the number of examples.
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct Size {
  static constexpr OpInfo info{.name = "size", .arity = 0};
  struct Attrs {
    Dim dim;
    DType dtype = DType::float32;
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
