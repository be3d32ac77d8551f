// The present value of a variable of the Program.
#pragma once

#include "ir/op.h"
#include "ir/support/ids.h"

namespace keratin::ir {

struct Read {
  static constexpr OpInfo info{.name = "read", .arity = 0};
  struct Attrs {
    VariableId variable;
    Type type;
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
