// A square of vectors transposed in registers: log2(L) rounds of interleaving.
#pragma once
#include "keratin/runtime/vector.h"

KR_BEGIN_NAMESPACE

#if defined(__clang__) || __GNUC__ >= 12
template <class V, int... I> KR_INLINE V interleave_low_of(V a, V b, Indices<I...>) {
  return __builtin_shufflevector(a, b, (I / 2 + I % 2 * kLanesOf<V>)...);
}
template <class V, int... I> KR_INLINE V interleave_high_of(V a, V b, Indices<I...>) {
  return __builtin_shufflevector(a, b, (kLanesOf<V> / 2 + I / 2 + I % 2 * kLanesOf<V>)...);
}
#else
template <class V, int... I> KR_INLINE V interleave_low_of(V a, V b, Indices<I...>) {
  return __builtin_shuffle(a, b, IntsOf<V>{(I / 2 + I % 2 * kLanesOf<V>)...});
}
template <class V, int... I> KR_INLINE V interleave_high_of(V a, V b, Indices<I...>) {
  return __builtin_shuffle(a, b, IntsOf<V>{(kLanesOf<V> / 2 + I / 2 + I % 2 * kLanesOf<V>)...});
}
#endif
/// a0 b0 a1 b1 ... of the lower halves, and of the upper halves.
template <class V> KR_INLINE V interleave_low(V a, V b) { return interleave_low_of(a, b, upto<kLanesOf<V>>()); }
template <class V> KR_INLINE V interleave_high(V a, V b) { return interleave_high_of(a, b, upto<kLanesOf<V>>()); }

/// rows[i][j] becomes rows[j][i], for L vectors of L lanes.
template <class V, int L> KR_INLINE void transpose(V (&rows)[L]) {
  static_assert(L == kLanesOf<V>);
  KR_UNROLL for (int round = 1; round < L; round *= 2) {
    V next[L];
    KR_UNROLL for (int i = 0; i < L / 2; ++i) {
      next[2 * i] = interleave_low(rows[i], rows[i + L / 2]);
      next[2 * i + 1] = interleave_high(rows[i], rows[i + L / 2]);
    }
    KR_UNROLL for (int i = 0; i < L; ++i) rows[i] = next[i];
  }
}

KR_END_NAMESPACE
