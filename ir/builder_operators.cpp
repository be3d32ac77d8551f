// Operators and pointwise functions on values, shorthands for what Builder adds, and the shape that two operands have in common.
#include <algorithm>
#include <fmt/format.h>

#include "ir/builder.h"

namespace keratin::ir {

Result<Shape> broadcast_shapes(const Shape& a, const Shape& b) {
  Shape result;
  const int rank = std::max(a.rank(), b.rank());
  for (int i = 0; i < rank; ++i) {
    const int at_a = i - (rank - a.rank()), at_b = i - (rank - b.rank());
    const Dim x = at_a < 0 ? Dim(1) : a[at_a], y = at_b < 0 ? Dim(1) : b[at_b];
    if (x != y && !x.is_one() && !y.is_one()) return Error{fmt::format("shapes {} and {} do not broadcast", to_string(a), to_string(b))};
    result.dims.push_back(x.is_one() ? y : x);
  }
  return result;
}

namespace {

Val number_like(Val x, double value) { return x.poisoned() ? x : x.builder().number(x.dtype(), value); }

Val apply(Binary::Kind kind, Val a, Val b) {
  if (a.poisoned() || b.poisoned()) return {};
  return a.builder().binary(kind, a, b);
}

Val apply(Unary::Kind kind, Val x) { return x.poisoned() ? x : x.builder().unary(kind, x); }

}  // namespace

Val operator+(Val a, Val b) { return apply(Binary::Kind::add, a, b); }
Val operator-(Val a, Val b) { return apply(Binary::Kind::sub, a, b); }
Val operator*(Val a, Val b) { return apply(Binary::Kind::mul, a, b); }
Val operator/(Val a, Val b) { return apply(Binary::Kind::div, a, b); }
Val operator-(Val a) { return apply(Unary::Kind::neg, a); }
Val operator+(Val a, double b) { return a + number_like(a, b); }
Val operator-(Val a, double b) { return a - number_like(a, b); }
Val operator*(Val a, double b) { return a * number_like(a, b); }
Val operator/(Val a, double b) { return a / number_like(a, b); }
Val operator+(double a, Val b) { return number_like(b, a) + b; }
Val operator-(double a, Val b) { return number_like(b, a) - b; }
Val operator*(double a, Val b) { return number_like(b, a) * b; }
Val operator/(double a, Val b) { return number_like(b, a) / b; }
Val exp(Val x) { return apply(Unary::Kind::exp, x); }
Val log(Val x) { return apply(Unary::Kind::log, x); }
Val sqrt(Val x) { return apply(Unary::Kind::sqrt, x); }
Val rsqrt(Val x) { return apply(Unary::Kind::rsqrt, x); }
Val tanh(Val x) { return apply(Unary::Kind::tanh, x); }
Val sigmoid(Val x) { return apply(Unary::Kind::sigmoid, x); }
Val abs(Val x) { return apply(Unary::Kind::abs, x); }
Val maximum(Val a, Val b) { return apply(Binary::Kind::max, a, b); }
Val minimum(Val a, Val b) { return apply(Binary::Kind::min, a, b); }
Val maximum(Val a, double b) { return maximum(number_like(a, b), a); }
Val minimum(Val a, double b) { return minimum(number_like(a, b), a); }
Val less(Val a, double b) { return a.poisoned() ? a : a.builder().compare(Compare::Kind::lt, a, number_like(a, b)); }
Val greater(Val a, double b) { return a.poisoned() ? a : a.builder().compare(Compare::Kind::gt, a, number_like(a, b)); }
Val stop_gradient(Val x) { return apply(Unary::Kind::stop_gradient, x); }

}  // namespace keratin::ir
