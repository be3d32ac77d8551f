// Short vectors of L elements on the compiler's vector extensions, and the same operations for scalars, so that a functor
// `auto operator()(V x) const` serves both. Arithmetic (+ - * /, with a scalar on either side), comparisons and indexing are the
// language's own; a fused multiply-add is the single expression `a * b + c`.
#pragma once
#include "keratin/runtime/config.h"

KR_BEGIN_NAMESPACE

#if defined(KR_AVX512)
inline constexpr int kVectorBytes = 64;
#elif defined(__AVX__)
inline constexpr int kVectorBytes = 32;
#else
inline constexpr int kVectorBytes = 16;
#endif

/// Lanes of a full vector register. Vec<T, L> may have any power of two of lanes up to it.
template <class T> inline constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(T));

template <class T, int L> struct VecOf {
  static_assert(L >= 1 && (L & (L - 1)) == 0);
  typedef T type __attribute__((vector_size(L * sizeof(T))));
  typedef T loose __attribute__((vector_size(L * sizeof(T)), aligned(alignof(T)), may_alias));   // in memory, aligned as an element
};
template <class T, int L> using Vec = typename VecOf<T, L>::type;
/// What a comparison of two Vec<T, L> gives: integers of T's width, all bits set where true.
template <class T, int L> using Mask = decltype(Vec<T, L>{} < Vec<T, L>{});

// ---- traits: a scalar is its own element -------------------------------------------------------------------------------------
template <class...> using Void = void;
template <class V> V& lvalue_of();
template <class V, class = void> struct VecTraits {
  using Element = V;
  static constexpr bool vec = false;
  static constexpr int lanes = 1;
};
template <class V> struct VecTraits<V, Void<decltype(lvalue_of<V>()[0])>> {
  using Element = Bare<decltype(lvalue_of<V>()[0])>;
  static constexpr bool vec = true;
  static constexpr int lanes = static_cast<int>(sizeof(V) / sizeof(Element));
};
template <class V> using Element = typename VecTraits<V>::Element;
template <class V> inline constexpr bool kIsVec = VecTraits<V>::vec;
template <class V> inline constexpr int kLanesOf = VecTraits<V>::lanes;
/// V with other elements: Rebind<Vec<float, 8>, Int32> is Vec<Int32, 8>, Rebind<float, Int32> is Int32.
template <class V, class T, bool = kIsVec<V>> struct RebindOf { using type = T; };
template <class V, class T> struct RebindOf<V, T, true> { using type = Vec<T, kLanesOf<V>>; };
template <class V, class T> using Rebind = typename RebindOf<V, T>::type;

// ---- memory ------------------------------------------------------------------------------------------------------------------
template <int L, class T> KR_INLINE Vec<T, L> load(const T* p) { return *reinterpret_cast<const typename VecOf<T, L>::loose*>(p); }
template <class V> KR_INLINE void store(Element<V>* p, V v) {
  *reinterpret_cast<typename VecOf<Element<V>, kLanesOf<V>>::loose*>(p) = v;
}

template <int L, class T> KR_INLINE Vec<T, L> splat(T s) { return s - Vec<T, L>{}; }   // s - 0 keeps the sign of zero
/// `s` in all lanes of a V, or itself where V is a scalar: constants inside functors.
template <class V> KR_INLINE V broadcast(Element<V> s) {
  if constexpr (kIsVec<V>) return splat<kLanesOf<V>>(s);
  else return s;
}
template <class V, int... I> KR_INLINE V iota_of(Indices<I...>) { return V{static_cast<Element<V>>(I)...}; }
/// 0, 1, 2, ...
template <class V> KR_INLINE V iota() { return iota_of<V>(upto<kLanesOf<V>>()); }

#if defined(__AVX__)
template <class V> KR_INLINE auto part_mask(Size count) {   // sign bits of the lanes below count
  if constexpr (sizeof(Element<V>) == 4) return iota<Rebind<V, Int32>>() < static_cast<Int32>(count);
  else return iota<Rebind<V, Int64>>() < static_cast<Int64>(count);
}
#endif

/// The first `count` elements (0 <= count <= L) and zeros; touches no memory beyond them.
template <int L, class T> KR_INLINE Vec<T, L> load_part(const T* p, Size count) {
  using V = Vec<T, L>;
#if defined(KR_AVX512)
  if constexpr (sizeof(V) == 64 && sizeof(T) == 4) {
    return (V)__builtin_ia32_loadups512_mask(reinterpret_cast<const float*>(p), Vec<float, 16>{}, static_cast<UInt16>((1u << count) - 1));
  } else if constexpr (sizeof(V) == 64 && sizeof(T) == 8) {
    return (V)__builtin_ia32_loadupd512_mask(reinterpret_cast<const double*>(p), Vec<double, 8>{}, static_cast<UInt8>((1u << count) - 1));
  } else
#endif
#if defined(__AVX__)
  if constexpr (sizeof(V) == 32 && sizeof(T) == 4) {
    return (V)__builtin_ia32_maskloadps256(reinterpret_cast<const Vec<float, 8>*>(p), (Vec<int, 8>)part_mask<V>(count));
  } else if constexpr (sizeof(V) == 16 && sizeof(T) == 4) {
    return (V)__builtin_ia32_maskloadps(reinterpret_cast<const Vec<float, 4>*>(p), (Vec<int, 4>)part_mask<V>(count));
  } else if constexpr (sizeof(V) == 32 && sizeof(T) == 8) {
    return (V)__builtin_ia32_maskloadpd256(reinterpret_cast<const Vec<double, 4>*>(p), (Vec<long long, 4>)part_mask<V>(count));
  } else if constexpr (sizeof(V) == 16 && sizeof(T) == 8) {
    return (V)__builtin_ia32_maskloadpd(reinterpret_cast<const Vec<double, 2>*>(p), (Vec<long long, 2>)part_mask<V>(count));
  } else
#endif
  if constexpr (L == 4) {
    switch (count) {
      case 0: return V{};
      case 1: return V{p[0]};
      case 2: return V{p[0], p[1]};
      case 3: return V{p[0], p[1], p[2]};
      default: return load<4>(p);
    }
  } else if constexpr (L == 2) {
    return count == 0 ? V{} : count == 1 ? V{p[0]} : load<2>(p);
  } else {
    V v{};
    for (int i = 0; i < L; ++i) {
      if (i < count) v[i] = p[i];
    }
    return v;
  }
}

/// Stores the first `count` lanes (0 <= count <= L) and touches no memory beyond them.
template <class V> KR_INLINE void store_part(Element<V>* p, V v, Size count) {
  constexpr int L = kLanesOf<V>;
#if defined(KR_AVX512)
  if constexpr (sizeof(V) == 64 && sizeof(Element<V>) == 4) {
    __builtin_ia32_storeups512_mask(reinterpret_cast<float*>(p), (Vec<float, 16>)v, static_cast<UInt16>((1u << count) - 1));
    return;
  } else if constexpr (sizeof(V) == 64 && sizeof(Element<V>) == 8) {
    __builtin_ia32_storeupd512_mask(reinterpret_cast<double*>(p), (Vec<double, 8>)v, static_cast<UInt8>((1u << count) - 1));
    return;
  } else
#endif
#if defined(__AVX__)
  if constexpr (sizeof(V) == 32 && sizeof(Element<V>) == 4) {
    __builtin_ia32_maskstoreps256(reinterpret_cast<Vec<float, 8>*>(p), (Vec<int, 8>)part_mask<V>(count), (Vec<float, 8>)v);
    return;
  } else if constexpr (sizeof(V) == 16 && sizeof(Element<V>) == 4) {
    __builtin_ia32_maskstoreps(reinterpret_cast<Vec<float, 4>*>(p), (Vec<int, 4>)part_mask<V>(count), (Vec<float, 4>)v);
    return;
  } else if constexpr (sizeof(V) == 32 && sizeof(Element<V>) == 8) {
    __builtin_ia32_maskstorepd256(reinterpret_cast<Vec<double, 4>*>(p), (Vec<long long, 4>)part_mask<V>(count), (Vec<double, 4>)v);
    return;
  } else if constexpr (sizeof(V) == 16 && sizeof(Element<V>) == 8) {
    __builtin_ia32_maskstorepd(reinterpret_cast<Vec<double, 2>*>(p), (Vec<long long, 2>)part_mask<V>(count), (Vec<double, 2>)v);
    return;
  } else
#endif
  if (count == L) {
    store(p, v);
  } else {
    KR_UNROLL for (int i = 0; i < L - 1; ++i) {
      if (i < count) p[i] = v[i];
    }
  }
}

// ---- halves, folds -----------------------------------------------------------------------------------------------------------
#if defined(__clang__) || __GNUC__ >= 12
template <class V, int... I> KR_INLINE auto lower_of(V v, Indices<I...>) { return __builtin_shufflevector(v, v, I...); }
template <class V, int... I> KR_INLINE auto upper_of(V v, Indices<I...>) {
  return __builtin_shufflevector(v, v, (I + static_cast<int>(sizeof...(I)))...);
}
template <class V> KR_INLINE auto lower_half(V v) { return lower_of(v, upto<kLanesOf<V> / 2>()); }
template <class V> KR_INLINE auto upper_half(V v) { return upper_of(v, upto<kLanesOf<V> / 2>()); }
#else
template <class V> struct HalvesOf { Vec<Element<V>, kLanesOf<V> / 2> lower, upper; };
template <class V> KR_INLINE auto lower_half(V v) { return bits_as<HalvesOf<V>>(v).lower; }
template <class V> KR_INLINE auto upper_half(V v) { return bits_as<HalvesOf<V>>(v).upper; }
#endif

/// All lanes folded by op, pairwise: op(lower half, upper half) until one element is left.
template <class V, class Op> KR_INLINE Element<V> fold(V v, Op op) {
  if constexpr (!kIsVec<V>) return v;
  else if constexpr (kLanesOf<V> == 1) return v[0];
  else if constexpr (kLanesOf<V> == 2) return op(v[0], v[1]);
  else return fold(op(lower_half(v), upper_half(v)), op);
}
template <class V> KR_INLINE Element<V> sum(V v) {
  return fold(v, [](auto a, auto b) KR_INLINE_LAMBDA { return a + b; });
}

// ---- minimum and maximum -----------------------------------------------------------------------------------------------------
// max(a, b) is `a > b ? a : b`, one instruction on x86: where either is NaN the result is b. So a constant stands first, and NaN
// of the second operand propagates as it does in Keras. max_nan and min_nan propagate NaN of both.
#if defined(__SSE2__) && !defined(__clang__)   // GCC makes compare and blend of the conditional expression, Clang one instruction
template <class V> inline constexpr bool kNativeMinMax = kFloating<Element<V>> && (sizeof(V) == 16 || sizeof(V) == 32 || sizeof(V) == 64);
template <class V> KR_INLINE V native_max(V a, V b) {
  constexpr bool f = kSame<Element<V>, float>;
#if defined(KR_AVX512)
  if constexpr (sizeof(V) == 64 && f) return __builtin_ia32_maxps512_mask(a, b, a, static_cast<Int16>(-1), 4);
  else if constexpr (sizeof(V) == 64) return __builtin_ia32_maxpd512_mask(a, b, a, static_cast<Int8>(-1), 4);
  else
#endif
#if defined(__AVX__)
  if constexpr (sizeof(V) == 32 && f) return __builtin_ia32_maxps256(a, b);
  else if constexpr (sizeof(V) == 32) return __builtin_ia32_maxpd256(a, b);
  else
#endif
  if constexpr (f) return __builtin_ia32_maxps(a, b);
  else return __builtin_ia32_maxpd(a, b);
}
template <class V> KR_INLINE V native_min(V a, V b) {
  constexpr bool f = kSame<Element<V>, float>;
#if defined(KR_AVX512)
  if constexpr (sizeof(V) == 64 && f) return __builtin_ia32_minps512_mask(a, b, a, static_cast<Int16>(-1), 4);
  else if constexpr (sizeof(V) == 64) return __builtin_ia32_minpd512_mask(a, b, a, static_cast<Int8>(-1), 4);
  else
#endif
#if defined(__AVX__)
  if constexpr (sizeof(V) == 32 && f) return __builtin_ia32_minps256(a, b);
  else if constexpr (sizeof(V) == 32) return __builtin_ia32_minpd256(a, b);
  else
#endif
  if constexpr (f) return __builtin_ia32_minps(a, b);
  else return __builtin_ia32_minpd(a, b);
}
#else
template <class V> inline constexpr bool kNativeMinMax = false;
template <class V> KR_INLINE V native_max(V a, V b) { return a > b ? a : b; }
template <class V> KR_INLINE V native_min(V a, V b) { return a < b ? a : b; }
#endif

template <class V> KR_INLINE V max(V a, V b) {
  if constexpr (kIsVec<V> && kNativeMinMax<V>) return native_max(a, b);
  else return a > b ? a : b;
}
template <class V> KR_INLINE V min(V a, V b) {
  if constexpr (kIsVec<V> && kNativeMinMax<V>) return native_min(a, b);
  else return a < b ? a : b;
}
template <class V> KR_INLINE Require<kIsVec<V>, V> max(Element<V> a, V b) { return max(broadcast<V>(a), b); }
template <class V> KR_INLINE Require<kIsVec<V>, V> max(V a, Element<V> b) { return max(a, broadcast<V>(b)); }
template <class V> KR_INLINE Require<kIsVec<V>, V> min(Element<V> a, V b) { return min(broadcast<V>(a), b); }
template <class V> KR_INLINE Require<kIsVec<V>, V> min(V a, Element<V> b) { return min(a, broadcast<V>(b)); }

// ---- selection and masks -----------------------------------------------------------------------------------------------------
/// The value as rounded: what it is added to does not fuse with the product that made it. GCC decides anew in every inlined copy
/// which product of `a * b + c * d` it fuses, and whether a sum under a selection (AVX-512) is fused; results must not depend on that.
template <class V> KR_INLINE V rounded(V v) {
#if defined(__FMA__) || defined(__aarch64__)
  KR_PIN(v);
#endif
  return v;
}
template <class V> KR_INLINE V selectable(V v) {
#if defined(KR_AVX512) && !defined(__clang__)
  KR_PIN(v);
#endif
  return v;
}
/// mask ? a : b, lane by lane; mask is a comparison's result (bool for scalars). a and b: vectors or scalars.
template <class M, class A, class B> KR_INLINE auto select(M mask, A a, B b) {
  if constexpr (!kIsVec<M>) return mask ? a : b;
  else if constexpr (kIsVec<A> && kIsVec<B>) return mask ? selectable(a) : selectable(b);
  else if constexpr (kIsVec<A>) return mask ? selectable(a) : broadcast<A>(b);
  else if constexpr (kIsVec<B>) return mask ? broadcast<B>(a) : selectable(b);
  else return mask ? splat<kLanesOf<M>>(a) : splat<kLanesOf<M>>(b);
}
template <class M> KR_INLINE M logical_and(M a, M b) {
  if constexpr (kIsVec<M>) return a & b;
  else return a && b;
}
template <class M> KR_INLINE M logical_or(M a, M b) {
  if constexpr (kIsVec<M>) return a | b;
  else return a || b;
}
template <class M> KR_INLINE M logical_xor(M a, M b) {
  if constexpr (kIsVec<M>) return a ^ b;
  else return !a != !b;
}
template <class M> KR_INLINE M logical_not(M a) {
  if constexpr (kIsVec<M>) return ~a;
  else return !a;
}
/// Whether a comparison holds in any lane.
template <class M> KR_INLINE bool any_lane(M mask) {
  if constexpr (kIsVec<M>) return fold(mask, [](auto a, auto b) KR_INLINE_LAMBDA { return a | b; }) != 0;
  else return mask;
}

template <class V> KR_INLINE auto is_nan(V x) { return x != x; }
/// Infinities less themselves are not numbers.
template <class V> KR_INLINE auto is_finite(V x) { return logical_not(is_nan(x - x)); }
template <class V> KR_INLINE auto is_inf(V x) { return logical_and(logical_not(is_nan(x)), is_nan(x - x)); }
template <class V> KR_INLINE V max_nan(V a, V b) {
#if defined(KR_AVX512) && !defined(__clang__)
  if constexpr (sizeof(V) == 64 && kSame<Element<V>, float>) {   // the maximum where a is a number, a elsewhere
    return __builtin_ia32_maxps512_mask(a, b, a, __builtin_ia32_cmpps512_mask(a, a, 7, static_cast<Int16>(-1), 4), 4);
  } else
#endif
  return select(is_nan(a), a, max(a, b));
}
template <class V> KR_INLINE V min_nan(V a, V b) {
#if defined(KR_AVX512) && !defined(__clang__)
  if constexpr (sizeof(V) == 64 && kSame<Element<V>, float>) {
    return __builtin_ia32_minps512_mask(a, b, a, __builtin_ia32_cmpps512_mask(a, a, 7, static_cast<Int16>(-1), 4), 4);
  } else
#endif
  return select(is_nan(a), a, min(a, b));
}

// ---- conversions, bits, roots ------------------------------------------------------------------------------------------------
/// Element-wise static_cast to T.
template <class T, class V> KR_INLINE auto convert(V v) {
  if constexpr (kIsVec<V>) return __builtin_convertvector(v, Vec<T, kLanesOf<V>>);
  else return static_cast<T>(v);
}
/// Integers as wide as V's elements, scalar or vector.
template <class V> using IntsOf = Rebind<V, If<sizeof(Element<V>) == 4, Int32, Int64>>;
template <class V> KR_INLINE IntsOf<V> to_bits(V v) { return bits_as<IntsOf<V>>(v); }
template <class V> KR_INLINE V from_bits(IntsOf<V> bits) { return bits_as<V>(bits); }

template <class V> KR_INLINE V abs(V x) {
  using T = Element<V>;
  if constexpr (kSame<T, float>) return from_bits<V>(to_bits(x) & 0x7fffffff);
  else if constexpr (kSame<T, double>) return from_bits<V>(to_bits(x) & 0x7fffffffffffffff);
  else if constexpr (kIsVec<V>) return x < 0 ? -x : x;
  else return x < 0 ? static_cast<V>(0 - static_cast<UInt64>(x)) : x;   // the lowest number wraps around
}
/// |magnitude| with the sign of `sign`, zeros and NaN included.
template <class V> KR_INLINE V copy_sign(V magnitude, V sign) {
  constexpr auto kSign = sizeof(Element<V>) == 4 ? static_cast<Element<IntsOf<V>>>(0x80000000u)
                                                 : static_cast<Element<IntsOf<V>>>(0x8000000000000000u);
  return from_bits<V>((to_bits(magnitude) & ~kSign) | (to_bits(sign) & kSign));
}

KR_INLINE float sqrt_of(float x) { return __builtin_sqrtf(x); }
KR_INLINE double sqrt_of(double x) { return __builtin_sqrt(x); }
/// Square root, correctly rounded; NaN for negative numbers.
template <class V> KR_INLINE V sqrt(V x) {
  static_assert(kFloating<Element<V>>);
  constexpr bool f = kSame<Element<V>, float>;
  if constexpr (!kIsVec<V>) return sqrt_of(x);
#if defined(__clang__) && __has_builtin(__builtin_elementwise_sqrt)
  else if constexpr (f || !f) return __builtin_elementwise_sqrt(x);
#else
#if defined(KR_AVX512) && !defined(__clang__)
  else if constexpr (sizeof(V) == 64 && f) return __builtin_ia32_sqrtps512_mask(x, x, static_cast<Int16>(-1), 4);
  else if constexpr (sizeof(V) == 64) return __builtin_ia32_sqrtpd512_mask(x, x, static_cast<Int8>(-1), 4);
#endif
#if defined(__AVX__)
  else if constexpr (sizeof(V) == 32 && f) return __builtin_ia32_sqrtps256(x);
  else if constexpr (sizeof(V) == 32) return __builtin_ia32_sqrtpd256(x);
#endif
#if defined(__SSE2__)
  else if constexpr (sizeof(V) == 16 && f) return __builtin_ia32_sqrtps(x);
  else if constexpr (sizeof(V) == 16) return __builtin_ia32_sqrtpd(x);
#elif defined(__aarch64__) && !defined(__clang__)
  else if constexpr (sizeof(V) == 16 && f) return __builtin_aarch64_sqrtv4sf(x);
  else if constexpr (sizeof(V) == 16) return __builtin_aarch64_sqrtv2df(x);
#endif
#endif
  else {
    for (int i = 0; i < kLanesOf<V>; ++i) x[i] = sqrt_of(static_cast<Element<V>>(x[i]));
    return x;
  }
}

/// `count` booleans, or as many as V has lanes, as a comparison of two V gives them; false in the lanes above.
template <class V> KR_INLINE auto load_mask(const bool* p, Size count) {
  constexpr int L = kLanesOf<V>;
  const UInt8* bytes = reinterpret_cast<const UInt8*>(p);
  return convert<Element<IntsOf<V>>>(count >= L ? load<L>(bytes) : load_part<L>(bytes, count)) != 0;
}

KR_END_NAMESPACE
