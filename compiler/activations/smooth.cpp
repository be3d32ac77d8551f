// Activations without kinks.
#include <numbers>

#include "compiler/activations/functions.h"

namespace keratin {

namespace {

Val unary(ir::Unary::Kind kind, Val x) { return x.poisoned() ? x : x.builder().unary(kind, x); }

}  // namespace

Val softplus(Val x) { return unary(ir::Unary::Kind::softplus, x); }
Val log_sigmoid(Val x) { return -softplus(-x); }
Val softsign(Val x) { return x / (abs(x) + 1.0); }
Val silu(Val x) { return x * sigmoid(x); }
Val mish(Val x) { return x * tanh(softplus(x)); }
Val squareplus(Val x, double b) { return (x + sqrt(x * x + b)) * 0.5; }
Val tanh_shrink(Val x) { return x - tanh(x); }

Val gelu(Val x, bool approximate) {
  if (x.poisoned()) return x;
  if (!approximate) return x * 0.5 * (unary(ir::Unary::Kind::erf, x * (1 / std::numbers::sqrt2)) + 1.0);
  constexpr double kRootOfTwoOverPi = 0.7978845608028654;
  return x * 0.5 * (tanh((x + x * x * x * 0.044715) * kRootOfTwoOverPi) + 1.0);
}

}  // namespace keratin
