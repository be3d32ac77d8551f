// Gradient of conv with respect to its kernel; inputs (x, dy).
#pragma once

#include "ir/op.h"
#include "ir/ops/conv_geometry.h"

namespace keratin::ir {

struct ConvKernelGrad {
  static constexpr OpInfo info{.name = "conv_kernel_grad", .arity = 2};
  struct Attrs {
    ConvGeometry geometry;
    Shape kernel;  // [spatial..., channels/groups, filters]
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
