#include "ir/ops/binary.h"

#include <array>
#include <cmath>
#include <fmt/format.h>
#include <functional>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/rules.h"
#include "ir/support/check.h"

namespace keratin::ir {

using Kind = Binary::Kind;

std::string_view Binary::name_of(Kind kind) {
  static constexpr std::array<std::string_view, 15> kNames = {
      "add", "sub", "mul", "div", "max", "min", "pow", "mod", "floor_div", "atan2", "logical_and", "logical_or", "logical_xor",
      "shift_left", "shift_right"};
  return kNames[static_cast<size_t>(kind)];
}

Result<Types> Binary::infer(const Attrs& attrs, const Types& in) {
  const DType dtype = in[0].dtype;
  const auto wrong = [&](const char* wanted) {
    return Error{fmt::format("{} takes {}, not {}", name_of(attrs.kind), wanted, keratin::name_of(dtype))};
  };
  if (auto error = check_equal(name_of(attrs.kind), in[0], in[1])) return *error;
  switch (attrs.kind) {
    case Kind::logical_and:
    case Kind::logical_or:
    case Kind::logical_xor:
      if (dtype != DType::boolean && !is_integer(dtype)) return wrong("bools or integers");
      break;
    case Kind::shift_left:
    case Kind::shift_right:
      if (!is_integer(dtype)) return wrong("integers");
      break;
    case Kind::atan2:
      if (!is_float(dtype)) return wrong("floats");
      break;
    default:
      if (!is_number(dtype)) return wrong("floats or integers");
  }
  return Types{in[0]};
}

namespace {

/// log(a) where a is positive, 0 elsewhere (TensorFlow's gradient of pow); the log never sees what it is not defined for.
Val safe_log(Builder& b, Val a) {
  const Val positive = greater(a, 0);
  return b.select(positive, log(b.select(positive, a, b.full(a.type(), 1))), b.zeros(a.type()));
}

/// The larger (smaller) operand takes the gradient, at ties the first one.
void grad_extreme(Kind kind, GradBuilder& g) {
  Builder& b = g.builder();
  // a >= b where a >= max(a, b). The result is what others read too: with it ReLU's operand need not be kept for backward.
  const Val other = g.wants(0) ? g.in(1) : g.out();
  const Val first = b.compare(kind == Kind::max ? Compare::Kind::ge : Compare::Kind::le, g.in(0), other);
  const Val zero = b.zeros(g.d_out().type());
  if (g.wants(0)) g.set(0, b.select(first, g.d_out(), zero));
  if (g.wants(1)) g.set(1, b.select(first, zero, g.d_out()));
}

}  // namespace

void Binary::grad(const Attrs& attrs, GradBuilder& g) {
  if (!is_float(g.in(0).dtype())) return;
  Builder& b = g.builder();
  const Val x = g.in(0), y = g.in(1), d = g.d_out();
  const auto set = [&](auto first, auto second) {
    if (g.wants(0)) g.set(0, first());
    if (g.wants(1)) g.set(1, second());
  };
  switch (attrs.kind) {
    case Kind::add: return set([&] { return d; }, [&] { return d; });
    case Kind::sub: return set([&] { return d; }, [&] { return -d; });
    case Kind::mul: return set([&] { return d * y; }, [&] { return d * x; });
    case Kind::div: return set([&] { return d / y; }, [&] { return d * (-g.out() / y); });
    case Kind::max:
    case Kind::min: return grad_extreme(attrs.kind, g);
    case Kind::pow:
      return set([&] { return d * (y * b.binary(Kind::pow, x, y - 1)); }, [&] { return d * (g.out() * safe_log(b, x)); });
    case Kind::mod:
      return set([&] { return d; }, [&] { return -(d * b.binary(Kind::floor_div, x, y)); });
    case Kind::atan2:
      return set([&] { return d * (y / (x * x + y * y)); }, [&] { return -(d * (x / (x * x + y * y))); });
    default: return;  // floor_div is flat, the others take no floats
  }
}

namespace {

/// Python's modulo: of the divisor's sign.
double python_mod(double a, double b) {
  const double rest = std::fmod(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

/// `rounded` is to the type in which the op is computed.
void eval_floats(Kind kind, const std::vector<double>& a, const std::vector<double>& b, std::vector<double>& out, const std::function<double(double)>& rounded) {
  const auto zip = [&](auto f) {
    for (size_t i = 0; i < out.size(); ++i) out[i] = f(a[i], b[i]);
  };
  switch (kind) {
    case Kind::add: return zip([](double x, double y) { return x + y; });
    case Kind::sub: return zip([](double x, double y) { return x - y; });
    case Kind::mul: return zip([](double x, double y) { return x * y; });
    case Kind::div: return zip([](double x, double y) { return x / y; });
    case Kind::max: return zip([](double x, double y) { return x >= y || std::isnan(x) ? x : y; });
    case Kind::min: return zip([](double x, double y) { return x <= y || std::isnan(x) ? x : y; });
    case Kind::pow: return zip([](double x, double y) { return std::pow(x, y); });
    case Kind::mod: return zip(python_mod);
    case Kind::floor_div: return zip([&](double x, double y) { return std::floor(rounded(x / y)); });  // TensorFlow's, where numpy takes the exact quotient
    case Kind::atan2: return zip([](double x, double y) { return std::atan2(x, y); });
    default: check_failed("a float op", __FILE__, __LINE__);
  }
}

struct Quotient {
  int64_t value, rest;
};

/// Towards zero; anything divided by zero is 0 with rest 0.
Quotient divide(DType dtype, int64_t a, int64_t b) {
  const uint64_t ua = static_cast<uint64_t>(a), ub = static_cast<uint64_t>(b);
  if (b == 0) return {0, 0};
  if (dtype == DType::uint64) return {static_cast<int64_t>(ua / ub), static_cast<int64_t>(ua % ub)};
  if (b == -1) return {static_cast<int64_t>(0 - ua), 0};  // the lowest number overflows
  return {a / b, a % b};
}

int64_t integer_pow(DType dtype, int64_t base, int64_t exponent) {
  if (integer_less(dtype, exponent, 0)) {  // 1 / base^|exponent| towards zero
    if (base == 1) return 1;
    return base == -1 ? (exponent % 2 ? -1 : 1) : 0;
  }
  uint64_t result = 1, factor = static_cast<uint64_t>(base);
  for (uint64_t rest = static_cast<uint64_t>(exponent); rest; rest >>= 1, factor *= factor)
    if (rest & 1) result *= factor;
  return static_cast<int64_t>(result);
}

/// By the width or more: nothing is left but the sign.
int64_t shift(Kind kind, DType dtype, int64_t a, int64_t by) {
  const bool out_of_sight = integer_less(dtype, by, 0) || !integer_less(dtype, by, static_cast<int64_t>(8 * size_of(dtype)));
  if (kind == Kind::shift_left) return out_of_sight ? 0 : static_cast<int64_t>(static_cast<uint64_t>(a) << by);
  if (dtype == DType::uint64) return out_of_sight ? 0 : static_cast<int64_t>(static_cast<uint64_t>(a) >> by);
  return out_of_sight ? (a < 0 ? -1 : 0) : a >> by;
}

int64_t eval_integer(Kind kind, DType dtype, int64_t a, int64_t b) {
  const uint64_t ua = static_cast<uint64_t>(a), ub = static_cast<uint64_t>(b);  // wraps around where int64_t may not
  const bool signs_differ = integer_less(dtype, a, 0) != integer_less(dtype, b, 0);
  const Quotient quotient = kind == Kind::div || kind == Kind::mod || kind == Kind::floor_div ? divide(dtype, a, b) : Quotient{};
  switch (kind) {
    case Kind::add: return static_cast<int64_t>(ua + ub);
    case Kind::sub: return static_cast<int64_t>(ua - ub);
    case Kind::mul: return static_cast<int64_t>(ua * ub);
    case Kind::div: return quotient.value;
    case Kind::mod: return quotient.rest != 0 && signs_differ ? quotient.rest + b : quotient.rest;
    case Kind::floor_div: return quotient.rest != 0 && signs_differ ? quotient.value - 1 : quotient.value;
    case Kind::max: return integer_less(dtype, a, b) ? b : a;
    case Kind::min: return integer_less(dtype, b, a) ? b : a;
    case Kind::pow: return integer_pow(dtype, a, b);
    case Kind::logical_and: return a & b;
    case Kind::logical_or: return a | b;
    case Kind::logical_xor: return a ^ b;
    case Kind::shift_left:
    case Kind::shift_right: return shift(kind, dtype, a, b);
    default: check_failed("an integer op", __FILE__, __LINE__);
  }
}

}  // namespace

void Binary::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator& evaluator) {
  const DType dtype = out[0].dtype;
  if (is_float(dtype)) {
    const DType computed = size_of(dtype) < size_of(DType::float32) ? DType::float32 : dtype;
    eval_floats(attrs.kind, in[0].floats, in[1].floats, out[0].floats, [&](double value) { return evaluator.round(computed, value); });
    return round_all(evaluator, out[0]);
  }
  std::vector<int64_t>& results = out[0].integers;
  for (size_t i = 0; i < results.size(); ++i)
    results[i] = wrap_to(dtype, eval_integer(attrs.kind, dtype, in[0].integers[i], in[1].integers[i]));
}

Lowering Binary::lower(const Attrs& attrs, const Types& in, const Types&) {
  const DType dtype = in[0].dtype;
  const bool integers = is_integer(dtype);
  const bool wraps = integers && dtype != DType::uint32 && dtype != DType::uint64;  // C++ leaves it open, or computes in int
  switch (attrs.kind) {
    case Kind::add: return PointwiseFunction{wraps ? "wrapping_add" : "add"};
    case Kind::sub: return PointwiseFunction{wraps ? "wrapping_sub" : "sub"};
    case Kind::mul: return PointwiseFunction{wraps ? "wrapping_mul" : "mul"};
    case Kind::div: return PointwiseFunction{integers ? "integer_div" : "div"};
    case Kind::logical_and: return PointwiseFunction{integers ? "bit_and" : "logical_and"};
    case Kind::logical_or: return PointwiseFunction{integers ? "bit_or" : "logical_or"};
    case Kind::logical_xor: return PointwiseFunction{integers ? "bit_xor" : "logical_xor"};
    case Kind::pow: return PointwiseFunction{integers ? "integer_pow" : "pow"};
    default: return PointwiseFunction{name_of(attrs.kind)};
  }
}

std::string Binary::print(const Attrs& attrs) { return std::string(name_of(attrs.kind)); }

}  // namespace keratin::ir
