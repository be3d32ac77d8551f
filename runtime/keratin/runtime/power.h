// Powers, for Vec<float, L>, float, Vec<double, L> and double.
#pragma once
#include "keratin/runtime/elementary.h"
#include "keratin/runtime/rounding.h"

KR_BEGIN_NAMESPACE

template <class V> KR_INLINE auto concat(V lower, V upper) {
  struct Both { V lower, upper; };
  return bits_as<Vec<Element<V>, 2 * kLanesOf<V>>>(Both{lower, upper});
}
/// f on x (and y) as doubles, the result as floats; a vector whose doubles do not fit a register goes by halves.
template <class V, class F> KR_INLINE V through_double(V x, V y, F f) {
  if constexpr (sizeof(V) * 2 <= kVectorBytes || !kIsVec<V>) return convert<float>(f(convert<double>(x), convert<double>(y)));
  else return concat(through_double(lower_half(x), lower_half(y), f), through_double(upper_half(x), upper_half(y), f));
}

/// a^y for a >= 0 as doubles, good to 40 bits, clamped far outside the range of floats. D: double or a vector of it.
template <class D> KR_INLINE D power_of_positive(D a, D y) {
  const D magic = broadcast<D>(0x1.8p52);
  constexpr UInt64 kRootHalf = 0x3fe6a09e667f3bcd, kExponent = 0xfff0000000000000, k1024 = UInt64{1024} << 52;
  const WordsOf<D> bits = to_words(a), shifted = bits - kRootHalf + k1024;   // exponent + 1024, positive
  const D m = bits_as<D>(bits - ((shifted & kExponent) - k1024));       // in [sqrt(1/2), sqrt(2))
  const D e = bits_as<D>((shifted >> 52) + UInt64{0x4338000000000000}) - (magic + 1024.0);
  const D s = (m - 1.0) / (m + 1.0), z = s * s;   // log2(m) = 2 / ln 2 * atanh(s)
  D l = z * 0.28290348156813483 + 0.31990547866985519;
  l = l * z + 0.41220925731905822;
  l = l * z + 0.57707794232022236;
  l = l * z + 0.96179669411347724;
  l = l * z + 2.8853900817778499;
  l = l * s + e;
  const double infinity = __builtin_inf();
  l = select(a == 0.0, broadcast<D>(-infinity), select(a == infinity, broadcast<D>(infinity), l));
  const D exponent = min(200.0, max(-200.0, y * l));
  const D t = exponent + magic, f = exponent - (t - magic);
  D p = f * 1.5201897839465761e-5 + 0.00015469317295777109;
  p = p * f + 0.0013333922869642786;
  p = p * f + 0.0096180271728138061;
  p = p * f + 0.055504103528149842;
  p = p * f + 0.2402265119875413;
  p = p * f + 0.69314718072872161;
  p = p * f + 0.99999999996162148;
  return p * bits_as<D>((to_words(t) + 1023u) << 52);
}

/// x^y: 0.6 ulp in float, with C's special values (1^NaN = NaN^0 = 1, NaN for a negative x and a y that is no integer).
template <class V> KR_INLINE V pow(V x, V y) {
  static_assert(kFloating<Element<V>>);
  if constexpr (kSame<Element<V>, double>) {
    return each_lane(x, y, [](double a, double b) KR_INLINE_LAMBDA { return __builtin_pow(a, b); });
  } else {
    const V a = abs(x), one = broadcast<V>(1.f);
    V r = through_double(a, y, [](auto u, auto v) KR_INLINE_LAMBDA { return power_of_positive(u, v); });
    r = select(is_nan(x), x, r);
    const V half = y * 0.5f;
    const auto integer = round(y) == y, odd = logical_and(integer, round(half) != half);   // beyond 2^24 all floats are even
    const auto invalid = logical_and(logical_and(x < 0.f, a < __builtin_inff()), logical_not(integer));
    r = select(invalid, broadcast<V>(__builtin_nanf("")), r);
    r = select(logical_and(odd, copy_sign(one, x) < 0.f), -r, r);
    r = select(logical_and(a == 1.f, abs(y) == __builtin_inff()), one, r);
    return select(logical_or(x == 1.f, y == 0.f), one, r);
  }
}
template <class V> KR_INLINE Require<kIsVec<V>, V> pow(V x, Element<V> y) { return pow(x, broadcast<V>(y)); }
template <class V> KR_INLINE Require<kIsVec<V>, V> pow(Element<V> x, V y) { return pow(broadcast<V>(x), y); }

KR_END_NAMESPACE
