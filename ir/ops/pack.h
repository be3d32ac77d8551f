// A weight in the order in which a kernel reads it. Only `prepare` holds it: what is packed never has a gradient.
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct Pack {
  static constexpr OpInfo info{.name = "pack", .arity = 1};
  /// panels: [K, N] for dense and convolutions (keratin/runtime/panels.h). gate_columns: the columns of a matrix or vector [..., gates * units]
  /// in panels of units; recurrent: [units, gates * units] in panels (keratin/runtime/recurrent.h).
  enum class Layout : uint8_t { panels, gate_columns, recurrent };
  struct Attrs {
    Layout layout;
    int64_t gates = 1;
    bool operator==(const Attrs&) const = default;
  };
  static std::string_view name_of(Layout layout);

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
