#include "ir/ops/unary.h"

#include <array>
#include <cmath>
#include <fmt/format.h>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/rules.h"

namespace keratin::ir {

using Kind = Unary::Kind;

std::string_view Unary::name_of(Kind kind) {
  static constexpr std::array<std::string_view, 29> kNames = {
      "neg", "abs", "sign", "exp", "expm1", "log", "log1p", "sqrt", "rsqrt", "sin", "cos", "tan", "asin",
      "acos", "atan", "sinh", "cosh", "tanh", "sigmoid", "softplus", "erf", "floor", "ceil", "round", "logical_not",
      "is_finite", "is_nan", "is_inf", "stop_gradient"};
  return kNames[static_cast<size_t>(kind)];
}

Result<Types> Unary::infer(const Attrs& attrs, const Types& in) {
  const auto wrong = [&](const char* wanted) {
    return Error{fmt::format("{} takes {}, not {}", name_of(attrs.kind), wanted, keratin::name_of(in[0].dtype))};
  };
  const DType dtype = in[0].dtype;
  switch (attrs.kind) {
    case Kind::stop_gradient: return Types{in[0]};
    case Kind::neg:
    case Kind::abs:
    case Kind::sign:
      if (!is_number(dtype)) return wrong("a float or an integer");
      return Types{in[0]};
    case Kind::logical_not:
      if (dtype != DType::boolean) return wrong("a bool");
      return Types{in[0]};
    case Kind::is_finite:
    case Kind::is_nan:
    case Kind::is_inf:
      if (!is_float(dtype)) return wrong("a float");
      return Types{{DType::boolean, in[0].shape}};
    default:
      if (!is_float(dtype)) return wrong("a float");
      return Types{in[0]};
  }
}

namespace {

/// dy/dx as an expression of x and y.
Val derivative(Kind kind, Builder& b, Val x, Val y) {
  switch (kind) {
    case Kind::abs: return b.unary(Kind::sign, x);
    case Kind::exp: return y;
    case Kind::expm1: return y + 1;
    case Kind::log1p: return 1 / (x + 1);
    case Kind::rsqrt: return -0.5 * (y * y * y);
    case Kind::sin: return b.unary(Kind::cos, x);
    case Kind::cos: return -b.unary(Kind::sin, x);
    case Kind::tan: return y * y + 1;
    case Kind::asin: return rsqrt(1 - x * x);
    case Kind::acos: return -rsqrt(1 - x * x);
    case Kind::atan: return 1 / (x * x + 1);
    case Kind::sinh: return b.unary(Kind::cosh, x);
    case Kind::cosh: return b.unary(Kind::sinh, x);
    case Kind::tanh: return 1 - y * y;
    case Kind::sigmoid: return y * (1 - y);
    case Kind::softplus: return sigmoid(x);
    case Kind::erf: return exp(-(x * x)) * (2 / std::sqrt(std::acos(-1.0)));
    default: return {};
  }
}

/// Whether the op is constant between its steps, so that its gradient is zero; stop_gradient asks for that.
bool is_flat(Kind kind) {
  switch (kind) {
    case Kind::sign:
    case Kind::floor:
    case Kind::ceil:
    case Kind::round:
    case Kind::logical_not:
    case Kind::is_finite:
    case Kind::is_nan:
    case Kind::is_inf:
    case Kind::stop_gradient: return true;
    default: return false;
  }
}

}  // namespace

void Unary::grad(const Attrs& attrs, GradBuilder& g) {
  if (is_flat(attrs.kind) || !g.wants(0)) return;
  switch (attrs.kind) {
    case Kind::neg: return g.set(0, -g.d_out());
    case Kind::log: return g.set(0, g.d_out() / g.in());
    case Kind::sqrt: return g.set(0, g.d_out() * 0.5 / g.out());
    default: return g.set(0, g.d_out() * derivative(attrs.kind, g.builder(), g.in(), g.out()));
  }
}

namespace {

/// max(x, 0) + log(1 + exp(-|x|)): neither overflows nor loses the digits of small results.
double softplus(double x) { return (x > 0 || std::isnan(x) ? x : 0) + std::log1p(std::exp(-std::fabs(x))); }

double stable_sigmoid(double x) {
  if (x >= 0) return 1 / (1 + std::exp(-x));
  const double e = std::exp(x);
  return e / (1 + e);
}

double sign_of(double x) { return std::isnan(x) ? x : static_cast<double>((x > 0) - (x < 0)); }

void eval_floats(Kind kind, const std::vector<double>& x, std::vector<double>& y) {
  const auto map = [&](auto f) {
    for (size_t i = 0; i < y.size(); ++i) y[i] = f(x[i]);
  };
  switch (kind) {
    case Kind::neg: return map([](double v) { return -v; });
    case Kind::abs: return map([](double v) { return std::fabs(v); });
    case Kind::sign: return map(sign_of);
    case Kind::exp: return map([](double v) { return std::exp(v); });
    case Kind::expm1: return map([](double v) { return std::expm1(v); });
    case Kind::log: return map([](double v) { return std::log(v); });
    case Kind::log1p: return map([](double v) { return std::log1p(v); });
    case Kind::sqrt: return map([](double v) { return std::sqrt(v); });
    case Kind::rsqrt: return map([](double v) { return 1 / std::sqrt(v); });
    case Kind::sin: return map([](double v) { return std::sin(v); });
    case Kind::cos: return map([](double v) { return std::cos(v); });
    case Kind::tan: return map([](double v) { return std::tan(v); });
    case Kind::asin: return map([](double v) { return std::asin(v); });
    case Kind::acos: return map([](double v) { return std::acos(v); });
    case Kind::atan: return map([](double v) { return std::atan(v); });
    case Kind::sinh: return map([](double v) { return std::sinh(v); });
    case Kind::cosh: return map([](double v) { return std::cosh(v); });
    case Kind::tanh: return map([](double v) { return std::tanh(v); });
    case Kind::sigmoid: return map(stable_sigmoid);
    case Kind::softplus: return map(softplus);
    case Kind::erf: return map([](double v) { return std::erf(v); });
    case Kind::floor: return map([](double v) { return std::floor(v); });
    case Kind::ceil: return map([](double v) { return std::ceil(v); });
    case Kind::round: return map([](double v) { return std::nearbyint(v); });  // half to even
    default: y = x;                                                            // stop_gradient
  }
}

void eval_tests(Kind kind, const std::vector<double>& x, std::vector<int64_t>& y) {
  for (size_t i = 0; i < y.size(); ++i)
    y[i] = kind == Kind::is_finite ? std::isfinite(x[i]) : kind == Kind::is_nan ? std::isnan(x[i]) : std::isinf(x[i]);
}

int64_t eval_integer(Kind kind, DType dtype, int64_t x) {
  const auto negated = [&] { return static_cast<int64_t>(0 - static_cast<uint64_t>(x)); };
  switch (kind) {
    case Kind::neg: return wrap_to(dtype, negated());
    case Kind::abs: return wrap_to(dtype, integer_less(dtype, x, 0) ? negated() : x);
    case Kind::sign: return x == 0 ? 0 : integer_less(dtype, x, 0) ? -1 : 1;
    case Kind::logical_not: return !x;
    default: return x;
  }
}

}  // namespace

void Unary::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator& evaluator) {
  if (is_float(out[0].dtype)) {
    eval_floats(attrs.kind, in[0].floats, out[0].floats);
    round_all(evaluator, out[0]);
  } else if (is_float(in[0].dtype)) {
    eval_tests(attrs.kind, in[0].floats, out[0].integers);
  } else {
    for (size_t i = 0; i < out[0].integers.size(); ++i) out[0].integers[i] = eval_integer(attrs.kind, in[0].dtype, in[0].integers[i]);
  }
}

Lowering Unary::lower(const Attrs& attrs, const Types& in, const Types&) {
  const DType dtype = in[0].dtype;
  if (attrs.kind == Kind::neg && is_integer(dtype) && dtype != DType::uint32 && dtype != DType::uint64) return PointwiseFunction{"wrapping_neg"};
  return PointwiseFunction{attrs.kind == Kind::stop_gradient ? "identity" : name_of(attrs.kind)};
}

std::string Unary::print(const Attrs& attrs) { return std::string(name_of(attrs.kind)); }

}  // namespace keratin::ir
