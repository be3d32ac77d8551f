// z = x < y and its kin for each element: bool.
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct Compare {
  static constexpr OpInfo info{.name = "compare", .arity = 2, .pointwise = true};
  enum class Kind : uint8_t { eq, ne, lt, le, gt, ge };
  struct Attrs {
    Kind kind;
    bool operator==(const Attrs&) const = default;
  };
  static std::string_view name_of(Kind kind);

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
