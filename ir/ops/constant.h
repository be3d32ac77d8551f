// A tensor known to the compiler, held by id in the Program.
#pragma once

#include "ir/op.h"
#include "ir/support/ids.h"

namespace keratin::ir {

struct Constant {
  static constexpr OpInfo info{.name = "constant", .arity = 0};
  struct Attrs {
    ConstantId id;
    Type type;
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
