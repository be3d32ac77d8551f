// Index of the first largest or smallest element along an axis, which stays with extent 1.
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct ArgReduce {
  static constexpr OpInfo info{.name = "arg_reduce", .arity = 1};
  struct Attrs {
    bool largest = true;
    int axis = 0;
    DType dtype = DType::int32;
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
