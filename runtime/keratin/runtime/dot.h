// Dot products for the last one to three outputs of a packed matrix, whose weights are single contiguous columns (panels.h).
// A tile is MR rows by R outputs, vectorised over k: 4 to 16 times fewer multiply-adds than a panel of four outputs.
#pragma once
#include "keratin/runtime/tile.h"

KR_BEGIN_NAMESPACE

/// Chains over k for MR * R products of length k.
template <class T> constexpr int dot_chains(int products, Size k) {
  int u = 1;
  while (u * products < 8 && 2 * u * kLanes<T> <= k) u *= 2;
  return u;
}

template <class T, int U, int MR, int R> using DotTile = Vec<T, kLanes<T>>[U][MR][R];

template <class V, int U, int MR, int R> KR_INLINE void begin_dots(V (&acc)[U][MR][R]) {
  KR_UNROLL for (int u = 0; u < U; ++u) {
    KR_UNROLL for (int i = 0; i < MR; ++i) {
      KR_UNROLL for (int r = 0; r < R; ++r) acc[u][i][r] = V{};
    }
  }
}

/// acc[i][r] += a[i * lda + k] * b[r * ldb + k], lane by lane, for the vector at k (its first `count` elements).
template <class T, class V, int MR, int R>
KR_INLINE void dot_step(V (&acc)[MR][R], const T* __restrict a, Size lda, const T* __restrict b, Size ldb, Size count) {
  constexpr int L = kLanesOf<V>;
  V bv[R];
  KR_UNROLL for (int r = 0; r < R; ++r) bv[r] = load_lanes<L>(b + r * ldb, count);
  KR_UNROLL for (int i = 0; i < MR; ++i) {
    const V av = load_lanes<L>(a + i * lda, count);
    KR_UNROLL for (int r = 0; r < R; ++r) acc[i][r] += av * bv[r];
  }
}

template <class T, class V, int U, int MR, int R>
KR_INLINE void dot_add(V (&acc)[U][MR][R], Size k, const T* __restrict a, Size lda, const T* __restrict b, Size ldb) {
  constexpr int L = kLanesOf<V>;
  if constexpr (U > 1) {
    KR_NO_UNROLL for (; k >= U * L; k -= U * L, a += U * L, b += U * L) {
      KR_UNROLL for (int u = 0; u < U; ++u) dot_step(acc[u], a + u * L, lda, b + u * L, ldb, L);
    }
  }
  KR_NO_UNROLL for (; k >= L; k -= L, a += L, b += L) dot_step(acc[0], a, lda, b, ldb, L);
  if (k > 0) dot_step(acc[0], a, lda, b, ldb, k);
}

/// Folds the lanes, adds the bias (nullptr: none), applies the epilogue and stores R outputs per row.
template <class T, class V, int U, int MR, int R, class Epilogue>
KR_INLINE void end_dots(V (&acc)[U][MR][R], const T* bias, T* __restrict y, Size ldy, Size offset, Size n, const Epilogue& epilogue) {
  constexpr int L = kLanes<T> < 4 ? kLanes<T> : 4;
  KR_UNROLL for (int i = 0; i < MR; ++i) {
    KR_UNROLL for (int r0 = 0; r0 < R; r0 += L) {
      const int lanes = R - r0 < L ? R - r0 : L;
      Vec<T, L> v{};
      KR_UNROLL for (int r = 0; r < lanes; ++r) {
        KR_UNROLL for (int half = U / 2; half > 0; half /= 2) {
          KR_UNROLL for (int u = 0; u < half; ++u) acc[u][i][r0 + r] += acc[u + half][i][r0 + r];
        }
        v[r] = sum(acc[0][i][r0 + r]) + (bias != nullptr ? bias[r0 + r] : T(0));
      }
      store_lanes(y + i * ldy + r0, epilogue(v, offset + i * n + r0, lanes), lanes);
    }
  }
}

KR_END_NAMESPACE
