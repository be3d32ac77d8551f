// A named group of ops: the body defines shape, value and gradient; a kernel may take it whole, otherwise it is inlined.
#pragma once

#include "ir/op.h"
#include <map>

#include "ir/support/ids.h"

namespace keratin::ir {

struct Composite {
  static constexpr OpInfo info{.name = "composite", .arity = -1, .outputs = -1};
  using Attribute = std::variant<int64_t, double, std::string>;
  struct Attrs {
    std::string kind;  // layer_norm, softmax, gelu, attention, lstm, ...
    std::map<std::string, Attribute> attributes;
    FunctionId body;
    Types types;  // of the outputs
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
