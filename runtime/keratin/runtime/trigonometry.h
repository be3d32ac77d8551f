// Trigonometric and hyperbolic functions for Vec<float, L>, float, Vec<double, L> and double. sin, cos and tan of float are
// polynomials and exact in their range reduction for every float; the rest calls the C library lane by lane.
#pragma once
#include "keratin/runtime/power.h"

KR_BEGIN_NAMESPACE

/// x = (q + 4 k) pi/2 + r with |r| <= pi/4.
template <class V> struct Quadrant {
  V r;
  Rebind<V, Int32> q;
};

/// For |x| up to a million: in double, with pi/2 in two parts, the first of 33 bits.
template <class V> KR_INLINE Quadrant<V> reduce_quadrant(V x) {
  if constexpr (sizeof(V) * 2 <= kVectorBytes || !kIsVec<V>) {
    const auto d = convert<double>(x), t = d * 0.63661977236758138 + 0x1.8p52, n = t - 0x1.8p52;
    const auto r = (d - n * 1.5707963267341256) - n * 6.0771005065061922e-11;
    return {convert<float>(r), convert<Int32>(to_bits(t))};
  } else {
    const auto lower = reduce_quadrant(lower_half(x)), upper = reduce_quadrant(upper_half(x));
    return {concat(lower.r, upper.r), concat(lower.q, upper.q)};
  }
}
/// For |x| >= 2^19: the product with 2/pi, of which only the bits that matter are formed (Payne and Hanek). Infinity gives NaN.
KR_NOINLINE inline Quadrant<float> reduce_large_quadrant(float x) {
  constexpr UInt32 kTwoOverPi[] = {0,          0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u,
                                   0xdb629599u, 0x3c439041u, 0xfe5163abu, 0xdebbc561u};
  const UInt32 bits = bits_as<UInt32>(x), exponent = (bits >> 23) & 255;
  if (exponent == 255) return {__builtin_nanf(""), 0};
  const UInt32 mantissa = (bits & 0x7fffffu) | 0x800000u;   // |x| = mantissa * 2^(exponent - 150)
  // The first bit of 2/pi whose product can be less than 4 has weight 2^-(exponent - 151); 32 zero bits stand before the table.
  const int first = static_cast<int>(exponent) - 152 + 32;
  const int word = first / 32, shift = first % 32;
  auto window = [&](int i) {
    const UInt64 pair = (UInt64{kTwoOverPi[word + i]} << 32) | kTwoOverPi[word + i + 1];
    return static_cast<UInt32>(pair >> (32 - shift));
  };
  const UInt64 product = (UInt64{mantissa * window(0)} << 32) + UInt64{mantissa} * window(1) + ((UInt64{mantissa} * window(2)) >> 32);
  const UInt64 q = (product + (UInt64{1} << 61)) >> 62;   // product: units of 2^-62 quadrants
  const double r = static_cast<double>(static_cast<Int64>(product - (q << 62))) * (1.5707963267948966 * 0x1p-62);
  const auto quadrant = static_cast<Int32>(q & 3);
  return (bits >> 31) != 0 ? Quadrant<float>{static_cast<float>(-r), -quadrant} : Quadrant<float>{static_cast<float>(r), quadrant};
}
template <class V> KR_INLINE Quadrant<V> quadrant(V x) {
  const auto large = abs(x) > 1e6f;
  Quadrant<V> k = reduce_quadrant(x);
  if (__builtin_expect(any_lane(large), 0)) {
    if constexpr (kIsVec<V>) {
      for (int i = 0; i < kLanesOf<V>; ++i) {
        if (!large[i]) continue;
        const Quadrant<float> one = reduce_large_quadrant(x[i]);
        k.r[i] = one.r;
        k.q[i] = one.q;
      }
    } else {
      k = reduce_large_quadrant(x);
    }
  }
  return k;
}

/// Sine and cosine on |r| <= pi/4.
template <class V> KR_INLINE V sin_core(V r) {
  const V z = r * r;
  const V p = (z * -0.000195180997f + 0.00833218824f) * z + -0.166666552f;
  return (z * r) * p + r;
}
template <class V> KR_INLINE V cos_core(V r) {
  const V z = r * r;
  const V p = (z * 2.44325529e-5f + -0.00138873106f) * z + 0.0416666456f;
  return (z * z) * p + (1.f - 0.5f * z);
}

/// Sine: 1.6 ulp.
template <class V> KR_INLINE V sin(V x) {
  if constexpr (kSame<Element<V>, double>) {
    return each_lane(x, [](double v) KR_INLINE_LAMBDA { return __builtin_sin(v); });
  } else {
    const Quadrant<V> k = quadrant(x);
    const V v = select((k.q & 1) != 0, cos_core(k.r), sin_core(k.r));
    return select((k.q & 2) != 0, -v, v);
  }
}
/// Cosine: 1.6 ulp.
template <class V> KR_INLINE V cos(V x) {
  if constexpr (kSame<Element<V>, double>) {
    return each_lane(x, [](double v) KR_INLINE_LAMBDA { return __builtin_cos(v); });
  } else {
    const Quadrant<V> k = quadrant(x);
    const V v = select((k.q & 1) != 0, sin_core(k.r), cos_core(k.r));
    return select(((k.q + 1) & 2) != 0, -v, v);
  }
}
/// Tangent: 3.5 ulp.
template <class V> KR_INLINE V tan(V x) {
  if constexpr (kSame<Element<V>, double>) {
    return each_lane(x, [](double v) KR_INLINE_LAMBDA { return __builtin_tan(v); });
  } else {
    const Quadrant<V> k = quadrant(x);
    const V s = sin_core(k.r), c = cos_core(k.r);
    return select((k.q & 1) != 0, -c, s) / select((k.q & 1) != 0, s, c);
  }
}

// The C library's functions, lane by lane.
#define KR_LANEWISE(name, builtin)                                                                     \
  template <class V> KR_INLINE V name(V x) {                                                           \
    using T = Element<V>;                                                                              \
    return each_lane(x, [](T v) KR_INLINE_LAMBDA {                                                     \
      if constexpr (kSame<T, float>) return __builtin_##builtin##f(v);                                 \
      else return __builtin_##builtin(v);                                                              \
    });                                                                                                \
  }
#define KR_LANEWISE_2(name, builtin)                                                                   \
  template <class V> KR_INLINE V name(V x, V y) {                                                      \
    using T = Element<V>;                                                                              \
    return each_lane(x, y, [](T a, T b) KR_INLINE_LAMBDA {                                             \
      if constexpr (kSame<T, float>) return __builtin_##builtin##f(a, b);                              \
      else return __builtin_##builtin(a, b);                                                           \
    });                                                                                                \
  }
KR_LANEWISE(asin, asin)
KR_LANEWISE(acos, acos)
KR_LANEWISE(atan, atan)
KR_LANEWISE(sinh, sinh)
KR_LANEWISE(cosh, cosh)
KR_LANEWISE(asinh, asinh)
KR_LANEWISE(acosh, acosh)
KR_LANEWISE(atanh, atanh)
KR_LANEWISE(erfc, erfc)
KR_LANEWISE(cbrt, cbrt)
KR_LANEWISE(exp2, exp2)
KR_LANEWISE(lgamma, lgamma)
KR_LANEWISE_2(atan2, atan2)
KR_LANEWISE_2(fmod, fmod)
KR_LANEWISE_2(hypot, hypot)
#undef KR_LANEWISE
#undef KR_LANEWISE_2

KR_END_NAMESPACE
