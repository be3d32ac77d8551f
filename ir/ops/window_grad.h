// Gradient of window_reduce; inputs (x, dy). A maximum's gradient goes to the first largest cell in row-major order.
#pragma once

#include "ir/op.h"
#include "ir/ops/window.h"

namespace keratin::ir {

struct WindowGrad {
  static constexpr OpInfo info{.name = "window_grad", .arity = 2};
  struct Attrs {
    Window window;
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
