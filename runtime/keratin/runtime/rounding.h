// Rounding to integers and to the precision of the half formats; float and double, vectors and scalars.
#pragma once
#include "keratin/runtime/vector.h"

KR_BEGIN_NAMESPACE

/// To the nearest integer, ties to even (numpy.round, Keras ops.round).
template <class V> KR_INLINE V round(V x) {
  [[maybe_unused]] constexpr bool f = kSame<Element<V>, float>;
#if defined(__SSE4_1__) || defined(__aarch64__)   // instructions for it; elsewhere these builtins would be calls
  if constexpr (!kIsVec<V>) {
    if constexpr (kSame<V, float>) return __builtin_rintf(x);
    else return __builtin_rint(x);
  } else
#endif
#if defined(__clang__) && __has_builtin(__builtin_elementwise_roundeven) && (defined(__SSE4_1__) || defined(__aarch64__))
  if constexpr (kIsVec<V>) return __builtin_elementwise_roundeven(x);
  else
#elif defined(__SSE4_1__) && !defined(__clang__)
#if defined(KR_AVX512)
  if constexpr (sizeof(V) == 64 && f) return __builtin_ia32_rndscaleps_mask(x, 8, x, static_cast<Int16>(-1), 4);
  else if constexpr (sizeof(V) == 64) return __builtin_ia32_rndscalepd_mask(x, 8, x, static_cast<Int8>(-1), 4);
  else
#endif
#if defined(__AVX__)
  if constexpr (sizeof(V) == 32 && f) return __builtin_ia32_roundps256(x, 8);
  else if constexpr (sizeof(V) == 32) return __builtin_ia32_roundpd256(x, 8);
  else
#endif
  if constexpr (sizeof(V) == 16 && f) return __builtin_ia32_roundps(x, 8);
  else if constexpr (sizeof(V) == 16) return __builtin_ia32_roundpd(x, 8);
  else
#endif
  {
    // Numbers of at least 2^23 (2^52) are integers; below, adding that much and taking it away rounds.
    constexpr Element<V> k = kSame<Element<V>, float> ? static_cast<Element<V>>(0x1p23) : static_cast<Element<V>>(0x1p52);
    const V a = abs(x);
    return select(a < k, copy_sign((a + k) - k, x), x);
  }
}
/// Towards zero.
template <class V> KR_INLINE V trunc(V x) {
  const V a = abs(x), r = round(a);
  return copy_sign(r - select(r > a, broadcast<V>(1), broadcast<V>(0)), x);
}
/// Towards minus infinity; keeps -0.
template <class V> KR_INLINE V floor(V x) {
  const V r = round(x);
  return copy_sign(r - select(r > x, broadcast<V>(1), broadcast<V>(0)), x);
}
/// Towards infinity; -0.5 gives -0.
template <class V> KR_INLINE V ceil(V x) {
  const V r = round(x);
  return copy_sign(r + select(r < x, broadcast<V>(1), broadcast<V>(0)), x);
}

/// x rounded to nearest even in a binary format of `Mantissa` stored bits, given its smallest normal number, its largest number and
/// `anchor`, a power of two whose last place in T equals the format's smallest step. Beyond the largest: infinity. NaN stays NaN.
template <int Mantissa, class V> KR_INLINE V round_to_format(V x, Element<V> smallest, Element<V> largest, Element<V> anchor) {
  using T = Element<V>;
  using Word = If<sizeof(T) == 4, UInt32, UInt64>;
  constexpr int kDrop = (sizeof(T) == 4 ? 23 : 52) - Mantissa;
  constexpr Word kHalf = Word{1} << (kDrop - 1);
  const auto bits = bits_as<Rebind<V, Word>>(x);
  const V normal = bits_as<V>((bits + (kHalf - 1) + ((bits >> kDrop) & Word{1})) & ~(2 * kHalf - 1));
  const V a = abs(x);
  V r = select(a < smallest, copy_sign((a + anchor) - anchor, x), normal);
  r = select(abs(r) > largest, copy_sign(broadcast<V>(static_cast<T>(__builtin_inff())), x), r);
  return select(is_nan(x), x, r);
}

/// The nearest float16 value (ties to even, infinity from 65520 on, subnormal numbers kept), as x's own type.
template <class V> KR_INLINE V round_to_half(V x) {
  using T = Element<V>;
  return round_to_format<10>(x, T(0x1p-14), T(65504), sizeof(T) == 4 ? T(0x1p-1) : T(0x1p28));
}
/// The nearest bfloat16 value, likewise.
template <class V> KR_INLINE V round_to_bfloat16(V x) {
  using T = Element<V>;
  return round_to_format<7>(x, T(0x1p-126), T(0x1.fep127), sizeof(T) == 4 ? T(0x1p-110) : T(0x1p-81));
}

KR_END_NAMESPACE
