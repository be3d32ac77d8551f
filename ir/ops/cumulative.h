// Running sum, product or maximum along an axis.
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct Cumulative {
  static constexpr OpInfo info{.name = "cumulative", .arity = 1};
  enum class Kind : uint8_t { sum, prod, max, min };
  struct Attrs {
    Kind kind;
    int axis;
    bool reverse = false;
    bool exclusive = false;
    bool operator==(const Attrs&) const = default;
  };
  static std::string_view name_of(Kind kind);

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
