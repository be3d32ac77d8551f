// Repeats along axes of extent 1 and along new leading axes (numpy.broadcast_to).
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct Broadcast {
  static constexpr OpInfo info{.name = "broadcast", .arity = 1};
  struct Attrs {
    Shape shape;
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
