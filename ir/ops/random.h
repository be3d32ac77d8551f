// Counter-based random numbers; input: key (uint64 scalar of seed, step and layer call). Element i depends on (key, i) alone.
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct Random {
  static constexpr OpInfo info{.name = "random", .arity = 1, .effect = true};
  enum class Kind : uint8_t { uniform, normal, truncated_normal };  // [0,1); N(0,1); N(0,1) within two standard deviations
  struct Attrs {
    Kind kind;
    Type type;
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
