// Exponential and logarithmic functions for Vec<float, L>, float, Vec<double, L> and double. The float versions are polynomials;
// bounds are their largest errors over all floats against a double-precision reference, in units of the last place, tested in
// tests/runtime/math_test.cpp. (A scalar may differ from a lane in the last bit, as compilers fuse a * b + c differently.)
// The double versions call the C library lane by lane. NaN propagates.
// Coefficients: minimax fits made for these intervals.
#pragma once
#include "keratin/runtime/vector.h"

KR_BEGIN_NAMESPACE

/// f(lane) for every lane of x: for what has no vector form.
template <class V, class F> KR_INLINE V each_lane(V x, F f) {
  if constexpr (kIsVec<V>) {
    for (int i = 0; i < kLanesOf<V>; ++i) x[i] = f(static_cast<Element<V>>(x[i]));
    return x;
  } else {
    return f(x);
  }
}
template <class V, class F> KR_INLINE V each_lane(V a, V b, F f) {
  if constexpr (kIsVec<V>) {
    for (int i = 0; i < kLanesOf<V>; ++i) a[i] = f(static_cast<Element<V>>(a[i]), static_cast<Element<V>>(b[i]));
    return a;
  } else {
    return f(a, b);
  }
}

/// The unsigned integers of V's bits: shifts and wrapping sums are defined.
template <class V> using WordsOf = Rebind<V, If<sizeof(Element<V>) == 4, UInt32, UInt64>>;
template <class V> KR_INLINE WordsOf<V> to_words(V v) { return bits_as<WordsOf<V>>(v); }

// Adding 1.5 * 2^23 to a float rounds it to an integer that stands in the low bits of the sum.
inline constexpr float kRoundingFloat = 12582912.f;

/// x = n ln 2 + r with |r| <= ln 2 / 2: p = expm1(r), scale = 2^(n + bias - 127); n + bias in [0, 255].
template <class V> KR_INLINE void expm1_parts(V x, float bias, V& p, V& scale) {
  const float magic = kRoundingFloat + bias;
  const V t = x * 1.44269504088896341f + magic;
  scale = bits_as<V>(to_words(t) << 23);
  const V f = t - magic;
  V r = x - f * 0.693359375f;   // ln 2 in two parts, the first short enough for an exact product
  r = r - f * -2.12194440e-4f;
  V q = r * 0.000197394882f + 0.00139350875f;
  q = q * r + 0.00833357126f;
  q = q * r + 0.041666463f;
  q = q * r + 0.166666657f;
  q = q * r + 0.5f;
  p = (r * r) * q + r;
}

/// e^x: 1.3 ulp, exact infinity and subnormal numbers at the ends.
template <class V> KR_INLINE V exp(V x) {
  if constexpr (kSame<Element<V>, double>) {
    return each_lane(x, [](double v) KR_INLINE_LAMBDA { return __builtin_exp(v); });
  } else {
    // Below -104 the result is 0 without underflowing: processors take a hundred cycles for that, and masked scores are there.
    const auto nothing = x < -104.f;
    const V zero = broadcast<V>(0.f);
#if defined(KR_AVX512)
    const V c = sizeof(V) == 64 ? V(min(89.f, max(-104.f, x))) : select(nothing, zero, min(89.f, x));
#else
    const V c = select(nothing, zero, min(89.f, x));
#endif
    const V t = c * 1.44269504088896341f + kRoundingFloat;
    const V f = t - kRoundingFloat;
    V r = c - f * 0.693359375f;
    r = r - f * -2.12194440e-4f;
    V q = r * 0.000197394882f + 0.00139350875f;
    q = q * r + 0.00833357126f;
    q = q * r + 0.041666463f;
    q = q * r + 0.166666657f;
    q = q * r + 0.5f;
    const V p = (r * r) * q + (r + 1.f);
#if defined(KR_AVX512)
    if constexpr (sizeof(V) == 64) {
      const auto some = __builtin_ia32_cmpps512_mask(x, broadcast<V>(-104.f), 21, static_cast<UInt16>(-1), 4);   // not less, or NaN
      return __builtin_ia32_scalefps512_mask(p, f, zero, some, 4);
    } else
#endif
    {
      // 2^n as two factors, each in the range of floats. n + 150 is positive, so that the shift is a plain one.
      const WordsOf<V> n = to_words(t) - (0x4b400000u - 150u), half = n >> 1;
      return select(nothing, zero, p * bits_as<V>((half + (127u - 75u)) << 23) * bits_as<V>((n - half + (127u - 75u)) << 23));
    }
  }
}

/// e^x - 1: 1.5 ulp; tends to -1 and infinity.
template <class V> KR_INLINE V expm1(V x) {
  if constexpr (kSame<Element<V>, double>) {
    return each_lane(x, [](double v) KR_INLINE_LAMBDA { return __builtin_expm1(v); });
  } else {
    V p, half;   // 2^(n - 1), so that n = 128 stays in range
    expm1_parts(min(89.f, max(-87.f, x)), 126.f, p, half);
    return (p * half + (half - 0.5f)) * 2.f;
  }
}

/// 1 / (1 + e^-x): 2.3 ulp for x >= -87, below that constant 1.6e-38.
template <class V> KR_INLINE V sigmoid(V x) {
  if constexpr (kSame<Element<V>, double>) {
    return 1.0 / (1.0 + exp(-x));
  } else {
    V p, s;
    expm1_parts(-min(87.f, max(-87.f, x)), 127.f, p, s);
    return 1.f / (p * s + (s + 1.f));
  }
}

/// Hyperbolic tangent: 2.6 ulp.
template <class V> KR_INLINE V tanh(V x) {
  if constexpr (kSame<Element<V>, double>) {
    return each_lane(x, [](double v) KR_INLINE_LAMBDA { return __builtin_tanh(v); });
  } else {
    const V c = min(10.f, max(-10.f, x));
    V p, s;
    expm1_parts(c + c, 127.f, p, s);
    const V e = p * s + (s - 1.f);
    return e / (e + 2.f);
  }
}

/// z = 2^e m with m in [sqrt(1/2), sqrt(2)), for positive normal z.
template <class V> KR_INLINE void split_exponent(V z, IntsOf<V>& e, V& m) {
  const WordsOf<V> bits = to_words(z), shifted = bits - 0x3f3504f3u;
  e = bits_as<IntsOf<V>>(shifted) >> 23;
  m = bits_as<V>(bits - (shifted & 0xff800000u));
}

/// log(1 + y) - y, a rounded product, for 1 + y in [sqrt(1/2), sqrt(2)].
template <class V> KR_INLINE V log_remainder(V y) {
  V p = y * 0.0675049648f + -0.116712913f;
  p = p * y + 0.118836649f;
  p = p * y + -0.124060646f;
  p = p * y + 0.142203227f;
  p = p * y + -0.166679949f;
  p = p * y + 0.20002073f;
  p = p * y + -0.250000089f;
  p = p * y + 0.333333135f;
  p = p * y + -0.5f;
  return (y * y) * p;
}
/// What logarithms of any base share: e and m of x (subnormal numbers too), and their values for 0, negatives, infinity and NaN.
template <class V> KR_INLINE void log_parts(V x, V& e, V& y) {
  const auto tiny = x < 1.17549435e-38f;
  IntsOf<V> exponent;
  V m;
  split_exponent(select(tiny, x * 33554432.f, x), exponent, m);
  e = convert<float>(exponent) - select(tiny, broadcast<V>(25.f), broadcast<V>(0.f));
  y = m - 1.f;
}
template <class V> KR_INLINE V log_specials(V x, V r) {
  r = select(x < __builtin_inff(), r, x);   // infinity and NaN are their own logarithm
  return select(x > 0.f, r, select(x == 0.f, broadcast<V>(-__builtin_inff()), (x - x) / (x - x)));
}

/// Natural logarithm: 0.9 ulp; -infinity at 0, NaN below.
template <class V> KR_INLINE V log(V x) {
  if constexpr (kSame<Element<V>, double>) {
    return each_lane(x, [](double v) KR_INLINE_LAMBDA { return __builtin_log(v); });
  } else {
    V e, y;
    log_parts(x, e, y);
    const V w = rounded(log_remainder(y)) + e * -2.12194440e-4f;
    return log_specials(x, (y + w) + e * 0.693359375f);
  }
}
/// Base 2: 1.3 ulp, exact for powers of 2.
template <class V> KR_INLINE V log2(V x) {
  if constexpr (kSame<Element<V>, double>) {
    return each_lane(x, [](double v) KR_INLINE_LAMBDA { return __builtin_log2(v); });
  } else {
    V e, y;
    log_parts(x, e, y);
    const V w = rounded(log_remainder(y));
    const V tail = (y + w) * 0.442695041f + w;   // log2(e) = 1 + 0.4427
    return log_specials(x, (tail + y) + e);
  }
}
/// Base 10: 2 ulp.
template <class V> KR_INLINE V log10(V x) {
  if constexpr (kSame<Element<V>, double>) {
    return each_lane(x, [](double v) KR_INLINE_LAMBDA { return __builtin_log10(v); });
  } else {
    V e, y;
    log_parts(x, e, y);
    const V w = rounded((y + rounded(log_remainder(y))) * 0.434294482f) + e * 4.6050389812e-6f;
    return log_specials(x, w + e * 0.301025390625f);
  }
}

/// log(1 + x): 1.5 ulp; -infinity at -1, NaN below.
template <class V> KR_INLINE V log1p(V x) {
  if constexpr (kSame<Element<V>, double>) {
    return each_lane(x, [](double v) KR_INLINE_LAMBDA { return __builtin_log1p(v); });
  } else {
    const V u = x + 1.f;
    IntsOf<V> exponent;
    V m;
    split_exponent(u, exponent, m);
    // What rounding 1 + x lost comes back, scaled like m. Beyond 2^30 nothing is lost that matters.
    const V lost = select(x < 1.f, x - (u - 1.f), 1.f - (u - x));
    const WordsOf<V> power = bits_as<WordsOf<V>>(127 - min(exponent, broadcast<IntsOf<V>>(30))) << 23;
    const V y = (m - 1.f) + lost * bits_as<V>(power);
    const V e = convert<float>(exponent), w = rounded(log_remainder(y)) + e * -2.12194440e-4f;
    const V r = select(u < __builtin_inff(), (y + w) + e * 0.693359375f, u);
    return select(u > 0.f, r, select(u == 0.f, broadcast<V>(-__builtin_inff()), (x - x) / (x - x)));
  }
}

/// log(1 + e^x): 2.3 ulp.
template <class V> KR_INLINE V softplus(V x) {
  using T = Element<V>;
  return max(T(0), x) + log1p(exp(-abs(x)));
}
/// log(sigmoid(x)): 2.3 ulp.
template <class V> KR_INLINE V log_sigmoid(V x) { return -softplus(-x); }

/// Error function: 1.3 ulp.
template <class V> KR_INLINE V erf(V x) {
  if constexpr (kSame<Element<V>, double>) {
    return each_lane(x, [](double v) KR_INLINE_LAMBDA { return __builtin_erf(v); });
  } else {
    const V a = abs(x), z = x * x;
    V p = z * 7.80690316e-5f + -0.00079978531f;
    p = p * z + 0.0051871622f;
    p = p * z + -0.0268533472f;
    p = p * z + 0.112835787f;
    p = p * z + -0.37612626f;
    p = p * z + 0.128379166f;
    const V near = p * x + x;
    const V b = min(4.f, a);   // above 1: 1 - e^q(|x|), with q close to log(erfc); 1 in float from 3.93 on
    V q = b * 0.000186503312f + -0.00294892164f;
    q = q * b + 0.021843303f;
    q = q * b + -0.103118092f;
    q = q * b + -0.63813132f;
    q = q * b + -1.12709761f;
    q = q * b + -0.000339380727f;
    V e, s;
    expm1_parts(q, 127.f, e, s);
    return select(a < 1.f, near, copy_sign(1.f - (e * s + s), x));
  }
}

KR_END_NAMESPACE
