// Arithmetic whose results C++ leaves open or defines otherwise than numpy: casts, signs, floored division, shifts.
#pragma once
#include "keratin/runtime/trigonometry.h"

KR_BEGIN_NAMESPACE

/// x as a To, for scalars. To bool: x != 0. A floating number is truncated; what does not fit becomes the smallest number of
/// Int32 or Int64 (as x86 converts); smaller integers take the low bits.
template <class To, class From> KR_INLINE To cast(From x) {
  if constexpr (kSame<To, bool>) {
    return x != 0;
  } else if constexpr (kFloating<From> && !kFloating<To>) {
    if constexpr (kSame<To, UInt64>) {
      if (x >= static_cast<From>(0x1p63)) return x < static_cast<From>(0x1p64) ? static_cast<UInt64>(x) : UInt64{1} << 63;
    }
    if constexpr (kSame<To, Int32>) {
      constexpr Int32 kLowest = -0x7fffffff - 1;
      return x > static_cast<From>(-2147483649.0) && x < static_cast<From>(2147483648.0)
                 ? static_cast<Int32>(x >= static_cast<From>(-2147483648.0) ? x : static_cast<From>(-2147483648.0))
                 : kLowest;
    } else {
      constexpr Int64 kLowest = -0x7fffffffffffffff - 1;
      const Int64 wide = x >= static_cast<From>(-0x1p63) && x < static_cast<From>(0x1p63) ? static_cast<Int64>(x) : kLowest;
      return static_cast<To>(wide);
    }
  } else {
    return static_cast<To>(x);
  }
}

/// -1, 0 or 1; NaN for NaN.
template <class V> KR_INLINE V sign(V x) {
  using T = Element<V>;
  if constexpr (kFloating<T>) return select(x > T(0), broadcast<V>(1), select(x < T(0), broadcast<V>(-1), x * T(0)));
  else if constexpr (kSame<V, bool>) return x;
  else return static_cast<V>((x > 0) - (x < 0));
}

/// Integers modulo 2^bits, where C++ computes in int or leaves it open.
template <class T> KR_INLINE T wrapping_add(T a, T b) { return static_cast<T>(static_cast<UInt64>(a) + static_cast<UInt64>(b)); }
template <class T> KR_INLINE T wrapping_sub(T a, T b) { return static_cast<T>(static_cast<UInt64>(a) - static_cast<UInt64>(b)); }
template <class T> KR_INLINE T wrapping_mul(T a, T b) { return static_cast<T>(static_cast<UInt64>(a) * static_cast<UInt64>(b)); }
template <class T> KR_INLINE T wrapping_neg(T a) { return static_cast<T>(0 - static_cast<UInt64>(a)); }

/// The lowest number of a type, divided by -1, wraps around as well.
template <class T> KR_INLINE bool is_minus_one(T b) { return static_cast<T>(-1) < T{0} && b == static_cast<T>(-1); }
/// a / b of integers towards zero; 0 where b is 0.
template <class T> KR_INLINE T integer_div(T a, T b) {
  if (b == 0) return 0;
  return is_minus_one(b) ? wrapping_neg(a) : static_cast<T>(a / b);
}

/// floor(a / b). Integers: 0 where b is 0.
template <class V> KR_INLINE V floor_div(V a, V b) {
  if constexpr (kFloating<Element<V>>) {
    return floor(a / b);
  } else {
    if (b == 0) return 0;
    if (is_minus_one(b)) return wrapping_neg(a);
    const V q = static_cast<V>(a / b);
    return static_cast<V>(q - ((a % b != 0) && ((a < 0) != (b < 0))));
  }
}
/// a - b floor(a / b), with b's sign (numpy.mod, Keras ops.mod). Integers: 0 where b is 0.
template <class V> KR_INLINE V floor_mod(V a, V b) {
  if constexpr (kFloating<Element<V>>) {
    const V r = fmod(a, b);
    const auto other_sign = logical_and(r != Element<V>(0), (r < Element<V>(0)) != (b < Element<V>(0)));
    return select(other_sign, r + b, select(r == Element<V>(0), copy_sign(r, b), r));
  } else {
    if (b == 0 || is_minus_one(b)) return 0;
    const V r = static_cast<V>(a % b);
    return r != 0 && (r < 0) != (b < 0) ? static_cast<V>(r + b) : r;
  }
}

/// Integer powers by squaring, wrapping; a negative exponent gives 0 except for bases 1 and -1.
template <class T> KR_INLINE Require<!kFloating<T> && !kIsVec<T>, T> integer_pow(T x, T y) {
  if (y < 0) return x == 1 ? 1 : x == static_cast<T>(-1) ? (y % 2 != 0 ? x : 1) : 0;
  UInt64 base = static_cast<UInt64>(x), r = 1;
  for (UInt64 n = static_cast<UInt64>(y); n != 0; n >>= 1) {
    if ((n & 1) != 0) r *= base;
    base *= base;
  }
  return static_cast<T>(r);
}

/// Bit shifts that are defined for every count: from the type's width on nothing is left but the sign.
template <class T> KR_INLINE T shift_left(T a, T n) {
  constexpr int kBits = static_cast<int>(sizeof(T)) * 8;
  return n < 0 || static_cast<UInt64>(n) >= static_cast<UInt64>(kBits) ? T{0} : static_cast<T>(static_cast<UInt64>(a) << static_cast<int>(n));
}
template <class T> KR_INLINE T shift_right(T a, T n) {
  constexpr int kBits = static_cast<int>(sizeof(T)) * 8;
  const int count = n < 0 || static_cast<UInt64>(n) >= static_cast<UInt64>(kBits) ? kBits - 1 : static_cast<int>(n);
  if constexpr (static_cast<T>(-1) > T{0}) return n < 0 || static_cast<UInt64>(n) >= static_cast<UInt64>(kBits) ? T{0} : static_cast<T>(a >> count);
  else return static_cast<T>(a >> count);
}

KR_END_NAMESPACE
