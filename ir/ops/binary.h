// z = f(x, y) for each element; both operands of one dtype.
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct Binary {
  static constexpr OpInfo info{.name = "binary", .arity = 2, .pointwise = true};
  /// div of integers truncates towards zero; floor_div and mod follow Python's signs. At ties the gradient of max and min goes to the first operand
  /// (TensorFlow). and, or, xor are logical on bool and bitwise on integers.
  enum class Kind : uint8_t { add, sub, mul, div, max, min, pow, mod, floor_div, atan2, logical_and, logical_or, logical_xor, shift_left, shift_right };
  struct Attrs {
    Kind kind;
    bool operator==(const Attrs&) const = default;
  };
  static std::string_view name_of(Kind kind);

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
