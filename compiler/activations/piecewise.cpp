// Activations made of pieces. An operand that comes first takes the gradient of max and min where both are equal.
#include "compiler/activations/functions.h"

namespace keratin {

namespace {

using BinaryKind = ir::Binary::Kind;
using CompareKind = ir::Compare::Kind;

Val number_like(Val x, double value) { return x.builder().number(x.dtype(), value); }
Val expm1(Val x) { return x.poisoned() ? x : x.builder().unary(ir::Unary::Kind::expm1, x); }

/// alpha * (e^x - 1) where x is not positive, anything finite elsewhere: nothing overflows on the side that is not taken.
Val exponential_side(Val x, double alpha) {
  Val y = expm1(x.builder().select(greater(x, 0.0), number_like(x, 0), x));
  return alpha == 1 ? y : y * alpha;
}

}  // namespace

Val relu(Val x) { return maximum(x, 0.0); }

Val relu(Val x, double negative_slope, std::optional<double> max_value, double threshold) {
  if (x.poisoned()) return x;
  if (negative_slope == 0 && threshold == 0) {
    Val y = relu(x);
    return max_value ? minimum(y, *max_value) : y;
  }
  ir::Builder& b = x.builder();
  Val kept = max_value ? minimum(maximum(x, 0.0), *max_value) : x;
  Val below = threshold == 0 ? x * negative_slope : (x - threshold) * negative_slope;
  return b.select(greater(x, threshold), kept, below);
}

Val relu6(Val x) { return minimum(maximum(x, 0.0), 6.0); }

Val leaky_relu(Val x, double slope) {
  if (x.poisoned()) return x;
  return x.builder().select(greater(x, 0.0), x, x * slope);
}

Val elu(Val x, double alpha) {
  if (x.poisoned()) return x;
  return x.builder().select(greater(x, 0.0), x, exponential_side(x, alpha));
}

Val selu(Val x) {
  if (x.poisoned()) return x;
  constexpr double kAlpha = 1.6732632423543772, kScale = 1.0507009873554805;
  ir::Builder& b = x.builder();
  return b.select(b.compare(CompareKind::ge, x, number_like(x, 0)), x, exponential_side(x, kAlpha)) * kScale;
}

Val celu(Val x, double alpha) {
  if (x.poisoned()) return x;
  ir::Builder& b = x.builder();
  Val zero = number_like(x, 0);
  return b.binary(BinaryKind::max, x, zero) + expm1(b.binary(BinaryKind::min, x, zero) / alpha) * alpha;
}

Val clip(Val x, double low, double high) {
  if (x.poisoned()) return x;
  ir::Builder& b = x.builder();
  return b.binary(BinaryKind::min, b.binary(BinaryKind::max, x, number_like(x, low)), number_like(x, high));
}

Val hard_sigmoid(Val x) { return relu6(x + 3.0) / 6.0; }
Val hard_sigmoid_keras2(Val x) { return clip(x * 0.2 + 0.5, 0, 1); }
Val hard_sigmoid(const CallContext& ctx, Val x) { return ctx.version().keras3() ? hard_sigmoid(x) : hard_sigmoid_keras2(x); }
Val hard_silu(Val x) { return x * hard_sigmoid(x); }
Val hard_tanh(Val x) { return clip(x, -1, 1); }

Val soft_shrink(Val x, double bound) {
  if (x.poisoned()) return x;
  ir::Builder& b = x.builder();
  return b.select(greater(x, bound), x - bound, b.select(less(x, -bound), x + bound, number_like(x, 0)));
}

Val hard_shrink(Val x, double bound) {
  if (x.poisoned()) return x;
  return x.builder().select(greater(abs(x), bound), x, number_like(x, 0));
}

Val threshold(Val x, double bound, double value) {
  if (x.poisoned()) return x;
  return x.builder().select(greater(x, bound), x, number_like(x, value));
}

Val sparse_plus(Val x) {
  if (x.poisoned()) return x;
  ir::Builder& b = x.builder();
  Val shifted = x + 1.0;
  Val above = b.select(less(x, 1.0), shifted * shifted * 0.25, x);
  return b.select(greater(x, -1.0), above, number_like(x, 0));
}

Val sparse_sigmoid(Val x) {
  if (x.poisoned()) return x;
  ir::Builder& b = x.builder();
  Val above = b.select(less(x, 1.0), (x + 1.0) * 0.5, number_like(x, 1));
  return b.select(greater(x, -1.0), above, number_like(x, 0));
}

}  // namespace keratin
