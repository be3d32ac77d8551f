// Combines the elements along axes; the axes stay with extent 1.
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct Reduce {
  static constexpr OpInfo info{.name = "reduce", .arity = 1};
  /// At ties of max and min the gradient is shared equally. any and all take bool.
  enum class Kind : uint8_t { sum, prod, max, min, any, all };
  struct Attrs {
    Kind kind;
    std::vector<int> axes;  // sorted, at least one
    bool operator==(const Attrs&) const = default;
  };
  static std::string_view name_of(Kind kind);

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
