// y = f(x) for each element.
#pragma once

#include "ir/op.h"

namespace keratin::ir {

struct Unary {
  static constexpr OpInfo info{.name = "unary", .arity = 1, .pointwise = true};
  /// Floats give their own type (integers are cast before); neg, abs, sign and stop_gradient also take integers; logical_not takes bool; is_* give bool.
  enum class Kind : uint8_t { neg, abs, sign, exp, expm1, log, log1p, sqrt, rsqrt, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, sigmoid, softplus, erf,
                              floor, ceil, round, logical_not, is_finite, is_nan, is_inf, stop_gradient };
  struct Attrs {
    Kind kind;
    bool operator==(const Attrs&) const = default;
  };
  static std::string_view name_of(Kind kind);

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
