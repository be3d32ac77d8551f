// Convolution of any rank; inputs (x, kernel).
#pragma once

#include "ir/op.h"
#include "ir/ops/conv_geometry.h"

namespace keratin::ir {

struct Conv {
  static constexpr OpInfo info{.name = "conv", .arity = 2};
  struct Attrs {
    ConvGeometry geometry;
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
