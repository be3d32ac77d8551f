// Softmax and its logarithm over the last axis of [rows][n].
// Cost per element: one exp (about 0.1 ns on AVX-512), three passes over a row that stays in the first-level cache.
#pragma once
#include "keratin/runtime/elementary.h"
#include "keratin/runtime/pool.h"

KR_BEGIN_NAMESPACE

/// Vector i of a row (counted in lanes) with `mask` added; lanes beyond n give -infinity, which exp turns into nothing.
template <class T> KR_INLINE Vec<T, kLanes<T>> masked_scores(const T* x, const T* mask, Size i, Size n) {
  constexpr int L = kLanes<T>;
  using V = Vec<T, L>;
  const Size count = min_size(L, n - i);
  V v = count == L ? load<L>(x + i) : load_part<L>(x + i, count);
  if (mask != nullptr) v = v + (count == L ? load<L>(mask + i) : load_part<L>(mask + i, count));
  if (count == L) return v;
  return select(iota<IntsOf<V>>() < static_cast<Element<IntsOf<V>>>(count), v, broadcast<V>(static_cast<T>(-__builtin_inff())));
}
template <class V> KR_INLINE Element<V> largest_lane(V v) {
  return fold(v, [](auto a, auto b) KR_INLINE_LAMBDA { return max(a, b); });
}

/// A row of at most K vectors, kept in registers. kLog: x - max - log(sum).
template <bool kLog, int K, class T> KR_INLINE void softmax_registers(Size n, const T* x, const T* mask, T* y) {
  constexpr int L = kLanes<T>;
  Vec<T, L> v[K];
  KR_UNROLL for (int k = 0; k < K; ++k) v[k] = masked_scores(x, mask, k * L, n);
  Vec<T, L> top = v[0];
  KR_UNROLL for (int k = 1; k < K; ++k) top = max(top, v[k]);
  const T largest = largest_lane(top);
  Vec<T, L> total{};
  KR_UNROLL for (int k = 0; k < K; ++k) {
    v[k] = v[k] - largest;
    const Vec<T, L> e = exp(v[k]);
    total = total + e;
    if constexpr (!kLog) v[k] = e;
  }
  const T s = sum(total), scale = kLog ? log(s) : T(1) / s;
  KR_UNROLL for (int k = 0; k < K; ++k) {
    const Vec<T, L> r = kLog ? v[k] - scale : v[k] * scale;
    if (k < K - 1 || n == K * L) store(y + k * L, r);
    else store_part(y + k * L, r, n - k * L);
  }
}

/// A row of any length; exponentials rest in y between the passes.
template <bool kLog, class T> KR_INLINE void softmax_passes(Size n, const T* x, const T* mask, T* y) {
  constexpr int L = kLanes<T>;
  using V = Vec<T, L>;
  V tops[4];
  KR_UNROLL for (int j = 0; j < 4; ++j) tops[j] = masked_scores(x, mask, 0, n);
  Size i = 0;
  for (; i + 4 * L <= n; i += 4 * L) {
    KR_UNROLL for (int j = 0; j < 4; ++j) tops[j] = max(tops[j], masked_scores(x, mask, i + j * L, i + 4 * L));
  }
  for (; i < n; i += L) tops[0] = max(tops[0], masked_scores(x, mask, i, n));
  const T largest = largest_lane(max(max(tops[0], tops[1]), max(tops[2], tops[3])));
  V total{};
  for (Size block = 0; block < n; block += 64 * L) {   // sums of sums: the error does not grow with n
    V part{};
    const Size end = min_size(n, block + 64 * L);
    for (i = block; i < end; i += L) {
      const V shifted = masked_scores(x, mask, i, n) - largest, e = exp(shifted);
      part = part + e;
      const V kept = kLog ? shifted : e;
      if (i + L <= n) store(y + i, kept);
      else store_part(y + i, kept, n - i);
    }
    total = total + part;
  }
  const T s = sum(total), scale = kLog ? log(s) : T(1) / s;
  for (i = 0; i + L <= n; i += L) {
    const V v = load<L>(y + i);
    store(y + i, V(kLog ? v - scale : v * scale));
  }
  if (i < n) {
    const V v = load_part<L>(y + i, n - i);
    store_part(y + i, V(kLog ? v - scale : v * scale), n - i);
  }
}

template <bool kLog, int N, class T>
KR_NOINLINE void softmax_rows(Size rows, Size n, const T* x, T* y, const T* mask, Size mask_stride, Pool* pool) {
  constexpr int K = (N + kLanes<T> - 1) / kLanes<T>;
  const Size length = N > 0 ? N : n, pieces = rows * length < 4096 ? 1 : min_size(rows, 64);
  parallel(pool, static_cast<int>(pieces), [=](int piece) {
    for (Size r = rows * piece / pieces; r < rows * (piece + 1) / pieces; ++r) {
      const T* m = mask == nullptr ? nullptr : mask + r * mask_stride;
      if constexpr (K >= 1 && K <= 4) softmax_registers<kLog, K>(N, x + r * N, m, y + r * N);
      else softmax_passes<kLog>(length, x + r * length, m, y + r * length);
    }
  });
}

/// y = softmax(x + mask) over rows of length N, or n where N is 0. y may be x. `mask` (nullptr: none) has one row of n numbers for every
/// row of x, mask_stride apart (0: the same for all). A row that is -infinity throughout, or holds NaN, gives NaN (tf.nn.softmax).
template <int N, class T>
KR_INLINE void softmax(Size rows, Size n, const T* x, T* y, const T* mask = nullptr, Size mask_stride = 0, Pool* pool = nullptr) {
  softmax_rows<false, N>(rows, n, x, y, mask, mask_stride, pool);
}
/// log(softmax(x + mask)), likewise.
template <int N, class T>
KR_INLINE void log_softmax(Size rows, Size n, const T* x, T* y, const T* mask = nullptr, Size mask_stride = 0, Pool* pool = nullptr) {
  softmax_rows<true, N>(rows, n, x, y, mask, mask_stride, pool);
}

KR_END_NAMESPACE
