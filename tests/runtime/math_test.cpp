#include "keratin/runtime/math.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// Distance in units of the last place of the float nearest to `exact`.
double ulps(float got, double exact) {
  const auto nearest = static_cast<float>(exact);
  if (std::isnan(exact)) return std::isnan(got) ? 0 : 1e9;
  if (got == nearest) return std::isinf(nearest) || nearest == 0 ? 0 : std::fabs(static_cast<double>(got) - exact) / 1e300;
  if (std::isinf(nearest)) return std::isinf(got) ? 1e9 : got > 3e38f || got < -3e38f ? 1 : 1e9;
  if (std::isinf(got) || std::isnan(got)) return std::fabs(exact) > 3.4028234e38 ? 1 : 1e9;
  int exponent = 0;
  std::frexp(exact, &exponent);
  const double place = std::ldexp(1.0, std::max(exponent - 24, -149));
  return std::fabs(static_cast<double>(got) - exact) / place;
}

/// Largest error over floats in [low, high] of either sign as given, every `step`-th bit pattern, for scalars and full vectors.
template <class F, class G> double worst(float low, float high, F ours, G exact, kr::UInt32 step = 2003) {
  constexpr int L = kr::kLanes<float>;
  double largest = 0;
  kr::Vec<float, L> x{};
  int filled = 0;
  auto flush = [&] {
    const auto y = ours(x);
    for (int i = 0; i < filled; ++i) {
      const float xi = x[i], yi = y[i], scalar = ours(xi);
      const double e = ulps(yi, exact(static_cast<double>(xi))), s = ulps(scalar, exact(static_cast<double>(xi)));
      largest = std::max(largest, std::max(e, s));
    }
    filled = 0;
  };
  for (kr::UInt32 sign : {0u, 0x80000000u}) {
    for (kr::UInt32 bits = 0; bits <= 0x7f800000u; bits += step) {
      const auto v = kr::bits_as<float>(bits | sign);
      if (!(v >= low && v <= high)) continue;
      x[filled++] = v;
      if (filled == L) flush();
    }
  }
  if (filled > 0) flush();
  return largest;
}

#define KR_BOUND(function, reference, low, high, bound)                                                            \
  do {                                                                                                             \
    const double error = worst(low, high, [](auto x) { return function(x); }, [](double x) { return reference; }); \
    INFO(#function " " << error);                                                                                  \
    CHECK(error <= (bound));                                                                                       \
  } while (false)

}  // namespace

TEST_CASE("exponentials are within their stated bounds") {
  KR_BOUND(kr::exp, std::exp(x), -kInf, kInf, 1.3);
  KR_BOUND(kr::expm1, std::expm1(x), -kInf, kInf, 1.5);
  KR_BOUND(kr::sigmoid, 1 / (1 + std::exp(-x)), -87.f, kInf, 2.3);
  KR_BOUND(kr::tanh, std::tanh(x), -kInf, kInf, 2.6);
  KR_BOUND(kr::softplus, std::log1p(std::exp(x)), -87.f, 88.f, 2.3);
  KR_BOUND(kr::log_sigmoid, -std::log1p(std::exp(-x)), -88.f, 87.f, 2.3);
  KR_BOUND(kr::erf, std::erf(x), -kInf, kInf, 1.3);
}

TEST_CASE("logarithms are within their stated bounds") {
  KR_BOUND(kr::log, std::log(x), -kInf, kInf, 0.9);
  KR_BOUND(kr::log2, std::log2(x), -kInf, kInf, 1.3);
  KR_BOUND(kr::log10, std::log10(x), -kInf, kInf, 2);
  KR_BOUND(kr::log1p, std::log1p(x), -kInf, kInf, 1.5);
  for (int e = -126; e < 128; ++e) CHECK(kr::log2(std::ldexp(1.f, e)) == static_cast<float>(e));
}

TEST_CASE("trigonometric functions are within their stated bounds, for large arguments too") {
  KR_BOUND(kr::sin, std::sin(x), -kInf, kInf, 1.6);
  KR_BOUND(kr::cos, std::cos(x), -kInf, kInf, 1.6);
  KR_BOUND(kr::tan, std::tan(x), -kInf, kInf, 3.5);
  CHECK(std::isnan(kr::sin(kNan)));
}

TEST_CASE("powers are within their stated bound and have C's special values") {
  for (float y : {-150.f, -3.f, -2.5f, -1.f, -0.75f, -1e-3f, 1e-6f, 0.33333f, 0.5f, 1.f, 1.7f, 2.f, 3.f, 7.3f, 88.f, 1e6f}) {
    const double error = worst(0.f, kInf, [&](auto x) { return kr::pow(x, kr::broadcast<decltype(x)>(y)); },
                               [&](double x) { return std::pow(x, static_cast<double>(y)); }, 100003);
    INFO(y << " " << error);
    CHECK(error <= 0.6);
  }
  const float specials[] = {0.f,  -0.f, 1.f,  -1.f, 2.f,   -2.f,  0.5f,  -0.5f,     3.f,        -3.f,  1.5f,
                            -1.5f, kInf, -kInf, kNan, 1e-40f, 1e38f, -1e38f, 16777217.f, 8388607.f, -8388607.f};
  constexpr int L = kr::kLanes<float>;
  for (float a : specials) {
    for (float b : specials) {
      const float expected = std::pow(a, b), scalar = kr::pow(a, b), lane = kr::pow(kr::splat<L>(a), kr::splat<L>(b))[L - 1];
      INFO(a << " ^ " << b << ": " << scalar << " " << lane << ", expected " << expected);
      CHECK((std::isnan(expected) ? std::isnan(scalar) : ulps(scalar, expected) <= 1 && std::signbit(scalar) == std::signbit(expected)));
      CHECK((std::isnan(expected) ? std::isnan(lane) : ulps(lane, expected) <= 1 && std::signbit(lane) == std::signbit(expected)));
    }
  }
}

TEST_CASE("not a number propagates") {
  const auto v = kr::splat<kr::kLanes<float>>(kNan);
#define KR_PROPAGATES(function)           \
  CHECK(std::isnan(kr::function(kNan)));  \
  CHECK(std::isnan(kr::function(-kNan))); \
  CHECK(std::isnan(static_cast<float>(kr::function(v)[0])));
  KR_PROPAGATES(exp)
  KR_PROPAGATES(expm1)
  KR_PROPAGATES(sigmoid)
  KR_PROPAGATES(tanh)
  KR_PROPAGATES(softplus)
  KR_PROPAGATES(erf)
  KR_PROPAGATES(log)
  KR_PROPAGATES(log2)
  KR_PROPAGATES(log10)
  KR_PROPAGATES(log1p)
  KR_PROPAGATES(cos)
  KR_PROPAGATES(tan)
  KR_PROPAGATES(round)
  KR_PROPAGATES(floor)
  KR_PROPAGATES(ceil)
  KR_PROPAGATES(trunc)
  KR_PROPAGATES(sign)
  KR_PROPAGATES(round_to_half)
  KR_PROPAGATES(round_to_bfloat16)
}

TEMPLATE_TEST_CASE("rounding agrees with the C library", "", float, double) {
  using T = TestType;
  constexpr int L = kr::kLanes<T>;
  std::vector<T> values{T(0), T(-0.0), T(0.5), T(-0.5), T(1.5), T(2.5), T(-2.5), T(0.49999997), T(8388607.5), T(-8388608.5), T(1e30), T(4503599627370495.5),
                        std::numeric_limits<T>::infinity(), -std::numeric_limits<T>::infinity(), std::numeric_limits<T>::denorm_min()};
  for (int i = -400; i < 400; ++i) values.push_back(static_cast<T>(i) * T(0.125));
  for (T x : values) {
    const auto v = kr::splat<L>(x);
    auto check = [&](T expected, T scalar, T lane) {
      INFO(x);
      CHECK(scalar == expected);
      CHECK(lane == expected);
      CHECK(std::signbit(scalar) == std::signbit(expected));
      CHECK(std::signbit(lane) == std::signbit(expected));
    };
    check(std::nearbyint(x), kr::round(x), kr::round(v)[0]);
    check(std::floor(x), kr::floor(x), kr::floor(v)[0]);
    check(std::ceil(x), kr::ceil(x), kr::ceil(v)[0]);
    check(std::trunc(x), kr::trunc(x), kr::trunc(v)[0]);
  }
}

namespace {

/// The slow way: nearest multiple of the step at x's magnitude.
double rounded_to(double x, int mantissa, int min_exponent, double largest) {
  if (std::isnan(x) || std::isinf(x) || x == 0) return x;
  int e = 0;
  std::frexp(x, &e);
  const double step = std::ldexp(1.0, std::max(e - 1, min_exponent) - mantissa), r = std::nearbyint(x / step) * step;
  return std::fabs(r) > largest ? std::copysign(std::numeric_limits<double>::infinity(), x) : r;
}

}  // namespace

TEST_CASE("half precision: nearest even, overflow, subnormal numbers") {
  constexpr int L = kr::kLanes<float>;
  bool same = true;
  auto check = [&](float x) {
    const double half = rounded_to(x, 10, -14, 65504), brain = rounded_to(x, 7, -126, 0x1.fep127);
    const bool good = kr::round_to_half(x) == half && kr::round_to_half(static_cast<double>(x)) == half &&
                      kr::round_to_half(kr::splat<L>(x))[1] == half && kr::round_to_bfloat16(x) == brain &&
                      kr::round_to_bfloat16(static_cast<double>(x)) == brain && kr::round_to_bfloat16(kr::splat<L>(x))[1] == brain;
    if (!good) UNSCOPED_INFO(x);
    same = same && good;
  };
  for (kr::UInt32 bits = 0; bits <= 0x7f800000u; bits += 997) {
    check(kr::bits_as<float>(bits));
    check(kr::bits_as<float>(bits | 0x80000000u));
  }
  for (float x : {65504.f, 65519.99f, 65520.f, -65520.f, 0x1p-24f, 0x1p-25f, 0x1.8p-25f, 0x1.002p0f, 0x1.006p0f, 3.4e38f, kInf}) check(x);
  CHECK(same);
  CHECK(std::isinf(kr::round_to_half(65520.f)));
  CHECK(std::signbit(kr::round_to_half(-0.f)));
}

TEST_CASE("casts are defined for every value") {
  CHECK(kr::cast<bool>(0.5f));
  CHECK_FALSE(kr::cast<bool>(-0.f));
  CHECK(kr::cast<kr::Int32>(-2.9f) == -2);
  CHECK(kr::cast<kr::Int32>(3e9f) == std::numeric_limits<kr::Int32>::min());
  CHECK(kr::cast<kr::Int32>(kNan) == std::numeric_limits<kr::Int32>::min());
  CHECK(kr::cast<kr::Int32>(-2147483648.0) == std::numeric_limits<kr::Int32>::min());
  CHECK(kr::cast<kr::Int32>(2147483647.5) == std::numeric_limits<kr::Int32>::max());
  CHECK(kr::cast<kr::Int64>(-kInf) == std::numeric_limits<kr::Int64>::min());
  CHECK(kr::cast<kr::UInt8>(300.7f) == 44);
  CHECK(kr::cast<kr::UInt64>(1.5e19) == 15000000000000000000u);
  CHECK(kr::cast<float>(true) == 1.f);
  CHECK(kr::cast<kr::Int8>(kr::Int32{200}) == -56);
}

TEST_CASE("floored division and modulo follow numpy") {
  CHECK(kr::floor_div(-7, 2) == -4);
  CHECK(kr::floor_mod(-7, 2) == 1);
  CHECK(kr::floor_mod(7, -2) == -1);
  CHECK(kr::floor_div(5, 0) == 0);
  CHECK(kr::floor_mod(5, 0) == 0);
  CHECK(kr::floor_div(std::numeric_limits<kr::Int32>::min(), -1) == std::numeric_limits<kr::Int32>::min());
  CHECK(kr::floor_mod(-7.f, 2.f) == 1.f);
  CHECK(kr::floor_mod(7.f, -2.f) == -1.f);
  CHECK(kr::floor_div(-7.f, 2.f) == -4.f);
  CHECK(kr::floor_mod(kr::splat<4>(-7.f), kr::splat<4>(2.f))[3] == 1.f);
  CHECK(kr::integer_pow(3, 4) == 81);
  CHECK(kr::integer_pow(-1, -3) == -1);
  CHECK(kr::integer_pow(2, -1) == 0);
  CHECK(kr::shift_left(1, 31) == std::numeric_limits<kr::Int32>::min());
  CHECK(kr::shift_left(1, 32) == 0);
  CHECK(kr::shift_right(-8, 40) == -1);
  CHECK(kr::shift_right(kr::UInt8{200}, kr::UInt8{8}) == 0);
  CHECK(kr::sign(-3) == -1);
  CHECK(kr::sign(0.f) == 0.f);
  CHECK(kr::sign(-2.5) == -1.0);
}

TEST_CASE("functions of double are the C library's") {
  const auto v = kr::splat<2>(0.7);
  CHECK(kr::exp(v)[1] == std::exp(0.7));
  CHECK(kr::pow(v, v)[0] == std::pow(0.7, 0.7));
  CHECK(kr::sigmoid(0.7) == 1 / (1 + std::exp(-0.7)));
  CHECK(kr::softplus(0.7) == 0.7 + std::log1p(std::exp(-0.7)));
  CHECK(kr::atan2(0.7, -1.0) == std::atan2(0.7, -1.0));
  CHECK(kr::asinh(0.7f) == std::asinh(0.7f));
  CHECK(kr::tan(v)[0] == std::tan(0.7));
}
