// Element-wise operations of one tensor (keras.ops.exp, ...). The type rule tells what integers become.
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <numbers>

#include "compiler/operations/operation.h"

namespace keratin {

namespace {

using Unary = ir::Unary::Kind;
using Binary = ir::Binary::Kind;
using Compare = ir::Compare::Kind;
using Function = std::function<Val(Val)>;

bool is_bool(Val x) { return x.dtype() == DType::boolean; }

Val to_float(Val x) { return is_float(x.dtype()) ? x : x.builder().cast(x, DType::float32); }

Val number(Val like, double value) { return like.builder().number(like.dtype(), value); }

/// Floats; integers and bools become float32.
Operation on_floats(std::string_view name, Function f) {
  return {name, "", "x", [f](Arguments& a) {
            const Val x = a.tensor("x");
            return one(x.poisoned() ? x : f(to_float(x)));
          }};
}

Operation on_floats(std::string_view name, Unary kind) {
  return on_floats(name, [kind](Val x) { return x.builder().unary(kind, x); });
}

/// Every type as it is.
Operation on_any(std::string_view name, Function f, std::string_view argument = "x") {
  return {name, "", argument, [f, argument](Arguments& a) {
            const Val x = a.tensor(argument);
            return one(x.poisoned() ? x : f(x));
          }};
}

/// A test of floats; integers and bools, which are finite numbers, are asked as floats.
Operation test(std::string_view name, Function f) { return on_floats(name, std::move(f)); }

/// f is odd and known for positive x; no abs, whose gradient at 0 would be 0.
Val odd(Val x, const Function& f) {
  const Val negative = less(x, 0);
  const Val y = f(x.builder().select(negative, -x, x));
  return x.builder().select(negative, -y, y);
}

Val arcsinh(Val x) {
  return odd(x, [](Val v) { return v.builder().unary(Unary::log1p, v + v * v / (1 + sqrt(v * v + 1))); });
}

Val arctanh(Val x) {
  ir::Builder& b = x.builder();
  return 0.5 * (b.unary(Unary::log1p, x) - b.unary(Unary::log1p, -x));
}

/// sin(pi x) / (pi x), 1 at 0.
Val sinc(Val x) {
  ir::Builder& b = x.builder();
  const Val zero = b.compare(Compare::eq, x, number(x, 0));
  const Val safe = b.select(zero, number(x, 1), x) * std::numbers::pi;
  return b.select(zero, number(x, 1), b.unary(Unary::sin, safe) / safe);
}

Val trunc(Val x) {
  ir::Builder& b = x.builder();
  if (!is_float(x.dtype())) return x;
  return b.select(less(x, 0), b.unary(Unary::ceil, x), b.unary(Unary::floor, x));
}

/// Half to even; integers stay.
Val round_to(Arguments& a, Val x) {
  const int64_t decimals = a.integer("decimals", 0);
  if (x.poisoned() || !is_float(x.dtype())) {
    if (decimals < 0) return a.fail("decimals", fmt::format("{} for integers is not supported", decimals));
    return x;
  }
  if (decimals == 0) return a.b.unary(Unary::round, x);
  const double factor = std::pow(10.0, static_cast<double>(decimals));
  return a.b.unary(Unary::round, x * factor) / factor;
}

Val is_infinite(Val x, double infinity) { return x.builder().compare(Compare::eq, x, number(x, infinity)); }

Val nan_to_num(Arguments& a, Val x) {
  if (x.poisoned() || !is_float(x.dtype())) return x;
  const double largest = x.dtype() == DType::float64    ? std::numeric_limits<double>::max()
                         : x.dtype() == DType::float16  ? 65504.0
                         : x.dtype() == DType::bfloat16 ? 3.3895313892515355e38
                                                        : static_cast<double>(std::numeric_limits<float>::max());
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Val y = a.b.select(a.b.unary(Unary::is_nan, x), number(x, a.number("nan", 0)), x);
  y = a.b.select(is_infinite(x, kInfinity), number(x, a.optional_number("posinf").value_or(largest)), y);
  return a.b.select(is_infinite(x, -kInfinity), number(x, a.optional_number("neginf").value_or(-largest)), y);
}

Val square(Val x) {
  if (is_bool(x)) x = x.builder().cast(x, DType::int32);
  return x.builder().binary(Binary::mul, x, x);
}

Val absolute(Val x) { return is_bool(x) || (is_integer(x.dtype()) && !is_signed(x.dtype())) ? x : abs(x); }

Val bitwise_not(Val x) {
  ir::Builder& b = x.builder();
  if (is_bool(x)) return b.unary(Unary::logical_not, x);
  return b.binary(Binary::logical_xor, x, b.broadcast(b.constant(ir::scalar(x.dtype(), -1)), x.shape()));
}

/// Bounds may be numbers or arrays; the gradient passes at both (TensorFlow).
Val clip(Arguments& a) {
  Val x = a.tensor("x");
  if (x.poisoned()) return x;
  if (is_bool(x)) x = a.b.cast(x, DType::int32);
  if (a.given("x_min")) x = a.b.binary(Binary::max, x, a.as(a.operand("x_min"), x.dtype()));
  if (a.given("x_max") && !x.poisoned()) x = a.b.binary(Binary::min, x, a.as(a.operand("x_max"), x.dtype()));
  return x;
}

OperationTable exponentials() {
  constexpr double kLn2 = std::numbers::ln2, kLn10 = std::numbers::ln10;
  return {
      on_floats("Arccos", Unary::acos),
      on_floats("Arccosh", [](Val x) { return log(x + sqrt(x - 1) * sqrt(x + 1)); }),
      on_floats("Arcsin", Unary::asin),
      on_floats("Arcsinh", arcsinh),
      on_floats("Arctan", Unary::atan),
      on_floats("Arctanh", arctanh),
      on_floats("Cbrt", [](Val x) { return odd(x, [](Val v) { return v.builder().binary(Binary::pow, v, number(v, 1.0 / 3)); }); }),
      on_floats("Cos", Unary::cos),
      on_floats("Cosh", Unary::cosh),
      on_floats("Deg2rad", [](Val x) { return x * (std::numbers::pi / 180); }),
      on_floats("Erf", Unary::erf),
      on_floats("Erfc", [](Val x) { return 1 - x.builder().unary(Unary::erf, x); }),
      on_floats("Exp", Unary::exp),
      on_floats("Exp2", [](Val x) { return exp(x * kLn2); }),
      on_floats("Expm1", Unary::expm1),
      on_floats("Log", Unary::log),
      on_floats("Log10", [](Val x) { return log(x) / kLn10; }),
      on_floats("Log1p", Unary::log1p),
      on_floats("Log2", [](Val x) { return log(x) / kLn2; }),
      on_floats("Rad2deg", [](Val x) { return x * (180 / std::numbers::pi); }),
      on_floats("Reciprocal", [](Val x) { return 1 / x; }),
      on_floats("Rsqrt", Unary::rsqrt),
      on_floats("Sin", Unary::sin),
      on_floats("Sinc", sinc),
      on_floats("Sinh", Unary::sinh),
      on_floats("Sqrt", Unary::sqrt),
      on_floats("Tan", Unary::tan),
      on_floats("Tanh", Unary::tanh),
  };
}

OperationTable roundings_and_tests() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return {
      on_any("Absolute", absolute),
      on_any("BitwiseInvert", bitwise_not),
      on_any("BitwiseNot", bitwise_not),
      on_floats("Ceil", Unary::ceil),
      {"Clip", "x_min x_max", "x", [](Arguments& a) { return one(clip(a)); }},
      on_any("Conj", [](Val x) { return x; }),
      on_any("Conjugate", [](Val x) { return x; }),
      on_floats("Fabs", Unary::abs),
      on_floats("Floor", Unary::floor),
      test("Isfinite", [](Val x) { return x.builder().unary(Unary::is_finite, x); }),
      test("Isinf", [](Val x) { return x.builder().unary(Unary::is_inf, x); }),
      test("Isnan", [](Val x) { return x.builder().unary(Unary::is_nan, x); }),
      test("Isneginf", [](Val x) { return is_infinite(x, -kInfinity); }),
      test("Isposinf", [](Val x) { return is_infinite(x, kInfinity); }),
      on_any("Isreal", [](Val x) { return x.builder().full({DType::boolean, x.shape()}, 1); }),
      on_any("LogicalNot", [](Val x) { return x.builder().unary(Unary::logical_not, x.builder().cast(x, DType::boolean)); }),
      {"NanToNum", "nan posinf neginf", "x", [](Arguments& a) { return one(nan_to_num(a, a.tensor("x"))); }},
      on_any("Negative", [](Val x) { return -x; }),
      on_any("Real", [](Val x) { return x; }),
      {"Round", "decimals", "x", [](Arguments& a) { return one(round_to(a, a.tensor("x"))); }},
      on_any("Sign", [](Val x) { return is_bool(x) ? x.builder().cast(x, DType::int32) : x.builder().unary(Unary::sign, x); }),
      on_any("Square", square),
      on_any("StopGradient", [](Val x) { return stop_gradient(x); }, "variable"),
      on_any("Trunc", trunc),
  };
}

}  // namespace

const OperationTable& unary_operations() {
  static const OperationTable table = [] {
    OperationTable all = exponentials(), more = roundings_and_tests();
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }();
  return table;
}

}  // namespace keratin
