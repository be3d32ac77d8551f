// Gradient of conv with respect to its input, also the transposed convolution; inputs (dy, kernel).
#pragma once

#include "ir/op.h"
#include "ir/ops/conv_geometry.h"

namespace keratin::ir {

struct ConvInputGrad {
  static constexpr OpInfo info{.name = "conv_input_grad", .arity = 2};
  struct Attrs {
    ConvGeometry geometry;
    Shape input;  // of the convolution: [batch, spatial..., channels]
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
