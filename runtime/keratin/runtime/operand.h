// Operands of element-wise kernels and reductions: a pointer, one stride in elements per axis, and at compile time what the stride of
// the innermost axis is, because that decides how a vector of neighbours is loaded.
#pragma once
#include "keratin/runtime/arithmetic.h"

KR_BEGIN_NAMESPACE

/// Innermost stride only known when the program runs. The others: 1, neighbours in memory; 0, one value for the whole row.
inline constexpr int strided = -1;

template <class T, int Inner, int R> struct Operand {
  static_assert(Inner == 0 || Inner == 1 || Inner == strided, "an innermost stride is 0, 1 or kr::strided");
  using Element = Bare<T>;
  static constexpr int rank = R;
  T* p;
  Size stride[R];
  KR_INLINE void advance(int axis, Size steps = 1) { p += stride[axis] * steps; }
};

template <int Inner, class T, int R> KR_INLINE Operand<const T, Inner, R> in(const T* p, const Size (&strides)[R]) {
  Operand<const T, Inner, R> o{p, {}};
  for (int i = 0; i < R; ++i) o.stride[i] = strides[i];
  return o;
}
template <int Inner, class T, int R> KR_INLINE Operand<T, Inner, R> out(T* p, const Size (&strides)[R]) {
  static_assert(Inner != 0, "a result has one place per element");
  Operand<T, Inner, R> o{p, {}};
  for (int i = 0; i < R; ++i) o.stride[i] = strides[i];
  return o;
}

/// What one row of an operand gives: vectors `at(i)`, the last ones `part(i, count)` with zeros in the lanes from count on, scalars.
template <class T, int Inner> struct Row;
template <class T> struct Row<T, 1> {
  static constexpr int L = kLanes<Bare<T>>;
  T* p;
  template <class O> KR_INLINE explicit Row(const O& o) : p(o.p) {}
  KR_INLINE auto at(Size i) const { return load<L>(static_cast<const Bare<T>*>(p) + i); }
  KR_INLINE auto part(Size i, Size count) const { return load_part<L>(static_cast<const Bare<T>*>(p) + i, count); }
  KR_INLINE Bare<T> scalar(Size i) const { return p[i]; }
  template <class V> KR_INLINE void put(Size i, V v) const { store(p + i, v); }
  template <class V> KR_INLINE void put_part(Size i, V v, Size count) const { store_part(p + i, v, count); }
  KR_INLINE void put_scalar(Size i, Bare<T> x) const { p[i] = x; }
};
template <class T> struct Row<T, 0> {
  static constexpr int L = kLanes<Bare<T>>;
  Bare<T> value;
  template <class O> KR_INLINE explicit Row(const O& o) : value(*o.p) {}
  KR_INLINE auto at(Size) const { return splat<L>(value); }
  KR_INLINE auto part(Size, Size) const { return splat<L>(value); }
  KR_INLINE Bare<T> scalar(Size) const { return value; }
};
template <class T> struct Row<T, strided> {
  static constexpr int L = kLanes<Bare<T>>;
  T* p;
  Size step;
  template <class O> KR_INLINE explicit Row(const O& o) : p(o.p), step(o.stride[O::rank - 1]) {}
  KR_INLINE auto at(Size i) const {
    Vec<Bare<T>, L> v{};
    KR_UNROLL for (int l = 0; l < L; ++l) v[l] = p[(i + l) * step];
    return v;
  }
  KR_INLINE auto part(Size i, Size count) const {
    Vec<Bare<T>, L> v{};
    for (int l = 0; l < count; ++l) v[l] = p[(i + l) * step];
    return v;
  }
  KR_INLINE Bare<T> scalar(Size i) const { return p[i * step]; }
  template <class V> KR_INLINE void put(Size i, V v) const {
    KR_UNROLL for (int l = 0; l < L; ++l) p[(i + l) * step] = v[l];
  }
  template <class V> KR_INLINE void put_part(Size i, V v, Size count) const {
    for (int l = 0; l < count; ++l) p[(i + l) * step] = v[l];
  }
  KR_INLINE void put_scalar(Size i, Bare<T> x) const { p[i * step] = x; }
};
/// Booleans of a row beside vectors V of numbers: a mask, as a comparison of two V gives it. False in the lanes from count on.
template <class V, class T, int Inner> KR_INLINE auto mask_at(const Row<T, Inner>& row, Size i, Size count = kLanesOf<V>) {
  if constexpr (Inner == 1) return load_mask<V>(row.p + i, count);
  else if constexpr (Inner == 0) return broadcast<IntsOf<V>>(static_cast<Element<IntsOf<V>>>(row.value ? -1 : 0)) != 0;
  else {
    IntsOf<V> mask{};
    for (int l = 0; l < count; ++l) mask[l] = row.p[(i + l) * row.step] ? -1 : 0;
    return mask != 0;
  }
}
template <class O> struct RowOf;
template <class T, int Inner, int R> struct RowOf<Operand<T, Inner, R>> { using type = Row<T, Inner>; };

KR_END_NAMESPACE
