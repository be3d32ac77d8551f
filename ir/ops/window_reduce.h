// Maximum or sum over a sliding window.
#pragma once

#include "ir/op.h"
#include "ir/ops/window.h"

namespace keratin::ir {

struct WindowReduce {
  static constexpr OpInfo info{.name = "window_reduce", .arity = 1};
  struct Attrs {
    Window window;
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
