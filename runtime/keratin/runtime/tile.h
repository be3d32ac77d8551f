// The register tile behind dense, matmul, convolutions and Winograd: MR rows by NV vectors of outputs stay in registers while k
// runs; each step loads NV vectors of weights and broadcasts MR activations. Rows may lie anywhere: `lda` apart, or behind pointers.
// Reaches 90-95 % of the multiply-add peak from MR * NV >= 10; with fewer accumulators, U chains over k hide the latency.
#pragma once
#include "keratin/runtime/config.h"
#include "keratin/runtime/vector.h"

KR_BEGIN_NAMESPACE

#if defined(KR_AVX512) || defined(__aarch64__)
inline constexpr int kVectorRegisters = 32;
#else
inline constexpr int kVectorRegisters = 16;
#endif

/// Rows of the largest tile of two vectors; more rows spill where there are 16 registers.
inline constexpr int kTileRows = kVectorRegisters == 32 ? 8 : 6;

/// Multiply-adds below which waking a second thread costs more than it saves.
inline constexpr Size kParallelWork = 65536;

/// The epilogue of a kernel that stores what it accumulated. An epilogue `V operator()(V v, Size offset, int lanes) const` is
/// called once for every vector before its store: v = accumulator with bias, offset = index of lane 0 in the row-major [rows][N]
/// output, lanes = how many lanes are outputs (they lie in one row). Lanes above are never stored, and may hold anything.
struct NoEpilogue {
  template <class V> KR_INLINE V operator()(V v, Size, int) const { return v; }
};
struct Relu {
  template <class V> KR_INLINE V operator()(V v, Size, int) const { return max(Element<V>(0), v); }
};
struct Relu6 {
  template <class V> KR_INLINE V operator()(V v, Size, int) const { return min(Element<V>(6), max(Element<V>(0), v)); }
};

/// `count` >= L lanes or fewer. Inlined with a constant count this is one plain or masked instruction.
template <int L, class T> KR_INLINE Vec<T, L> load_lanes(const T* p, Size count) {
  return count >= L ? load<L>(p) : load_part<L>(p, count);
}
template <class V> KR_INLINE void store_lanes(Element<V>* p, V v, Size count) {
  if (count >= kLanesOf<V>) store(p, v);
  else store_part(p, v, count);
}

/// Vector lanes for a panel `width` outputs wide, and vectors that hold its `real` outputs.
template <class T> constexpr int panel_lanes(int width) { return width < kLanes<T> ? width : kLanes<T>; }
template <class T> constexpr int panel_vectors(int width, int real) {
  return (real + panel_lanes<T>(width) - 1) / panel_lanes<T>(width);
}
/// Vectors side by side in a tile of `rows` rows: two, or more where few rows would leave registers idle.
constexpr int tile_vectors(int rows, int vectors) {
  const int most = rows == 1 ? 8 : rows == 2 ? 4 : 2;
  return vectors < most ? vectors : most;
}
/// Chains over k: a power of two with at least 8 accumulators in all (two multiply-adds per clock with a latency of four).
constexpr int tile_chains(int rows, int vectors) {
  int u = 1;
  while (u * rows * vectors < 8) u *= 2;
  return u;
}

/// acc = bias (nullptr: zeros) for `real` outputs, in the first chain; zeros in the others.
template <class T, class V, int U, int MR, int NV> KR_INLINE void begin_tile(V (&acc)[U][MR][NV], const T* bias, int real) {
  constexpr int L = kLanesOf<V>;
  KR_UNROLL for (int j = 0; j < NV; ++j) {
    const V b = bias != nullptr ? load_lanes<L>(bias + j * L, real - j * L) : V{};
    KR_UNROLL for (int i = 0; i < MR; ++i) {
      acc[0][i][j] = b;
      KR_UNROLL for (int u = 1; u < U; ++u) acc[u][i][j] = V{};
    }
  }
}

/// One step of k for rows First .. First + Count - 1: acc[First + i][j] += a[i * lda] * b[j].
template <int First, int Count, class T, class V, int MR, int NV>
KR_INLINE void multiply_add_step(V (&acc)[MR][NV], const T* __restrict a, Size lda, const T* __restrict b) {
  constexpr int L = kLanesOf<V>;
  V bv[NV];
  KR_UNROLL for (int j = 0; j < NV; ++j) {
    bv[j] = load<L>(b + j * L);
    if constexpr (Count > 1 && NV <= 2) KR_PIN(bv[j]);
  }
  KR_UNROLL for (int i = 0; i < Count; ++i) {
    KR_UNROLL for (int j = 0; j < NV; ++j) acc[First + i][j] += a[i * lda] * bv[j];
  }
}

/// The same pointer, of which the compiler knows nothing: where neighbouring rows overlap (a convolution's), GCC would carry their
/// common elements from step to step in registers, with more moves than it saves loads.
template <class T> KR_INLINE const T* opaque(const T* p) {
  __asm__("" : "+r"(p));
  return p;
}
#define KR_OVERLAP(lda, k) (__builtin_constant_p((lda) < (k)) && (lda) < (k))

/// acc[i][j] += sum over k of a[i * lda + k] * b[k * ldb + j]. Prefetch: fetches weights that do not stay in L2 ahead of their use.
template <bool Prefetch = false, class T, class V, int U, int MR, int NV>
KR_INLINE void multiply_add(V (&acc)[U][MR][NV], Size k, const T* __restrict a, Size lda, const T* __restrict b, Size ldb) {
  bool overlap = KR_OVERLAP(lda, k);   // not const: a constant initialiser would be evaluated before inlining
  if constexpr (U > 1) {
    KR_NO_UNROLL for (; k >= U; k -= U, a += U, b += U * ldb) {
      if (overlap) a = opaque(a);
      if constexpr (Prefetch) {
        constexpr int kLine = 64 / static_cast<int>(sizeof(T)), kAhead = 2048 / static_cast<int>(sizeof(T));
        KR_UNROLL for (Size line = 0; line < U * ldb; line += kLine) __builtin_prefetch(b + kAhead + line);
      }
      KR_UNROLL for (int u = 0; u < U; ++u) multiply_add_step<0, MR>(acc[u], a + u, lda, b + u * ldb);
    }
  }
  KR_NO_UNROLL for (; k > 0; --k, ++a, b += ldb) {
    if (overlap) a = opaque(a);
    multiply_add_step<0, MR>(acc[0], a, lda, b);
  }
}

/// The same for rows First .. First + Count - 1 of the tile only; `a` is the first of them.
template <int First, int Count, class T, class V, int U, int MR, int NV>
KR_INLINE void multiply_add_rows(V (&acc)[U][MR][NV], Size k, const T* __restrict a, Size lda, const T* __restrict b, Size ldb) {
  KR_NO_UNROLL for (; k > 0; --k, ++a, b += ldb) multiply_add_step<First, Count>(acc[0], a, lda, b);
}

/// acc[i][j] += sum over k of a[k * a_step + i] * b[k * b_step + j]: a product of columns, both operands walking down their rows.
template <class T, class V, int U, int MR, int NV>
KR_INLINE void outer_add(V (&acc)[U][MR][NV], Size k, const T* __restrict a, Size a_step, const T* __restrict b, Size b_step) {
  bool overlap = KR_OVERLAP(a_step, MR);
  if constexpr (U > 1) {
    KR_NO_UNROLL for (; k >= U; k -= U, a += U * a_step, b += U * b_step) {
      if (overlap) a = opaque(a);
      KR_UNROLL for (int u = 0; u < U; ++u) multiply_add_step<0, MR>(acc[u], a + u * a_step, 1, b + u * b_step);
    }
  }
  KR_NO_UNROLL for (; k > 0; --k, a += a_step, b += b_step) {
    if (overlap) a = opaque(a);
    multiply_add_step<0, MR>(acc[0], a, 1, b);
  }
}
/// The same where only the first `real` of b's NV * L columns may be read.
template <class T, class V, int U, int MR, int NV>
KR_INLINE void outer_add_part(V (&acc)[U][MR][NV], Size k, const T* __restrict a, Size a_step, const T* __restrict b, Size b_step, int real) {
  constexpr int L = kLanesOf<V>;
  KR_NO_UNROLL for (; k > 0; --k, a += a_step, b += b_step) {
    V bv[NV];
    KR_UNROLL for (int j = 0; j < NV; ++j) bv[j] = load_lanes<L>(b + j * L, real - j * L);
    KR_UNROLL for (int i = 0; i < MR; ++i) {
      KR_UNROLL for (int j = 0; j < NV; ++j) acc[0][i][j] += a[i] * bv[j];
    }
  }
}

/// Sums the chains, applies the epilogue and stores: row i goes to y + i * ldy and has the logical offset `offset` + i * n.
template <class T, class V, int U, int MR, int NV, class Epilogue>
KR_INLINE void end_tile(V (&acc)[U][MR][NV], T* __restrict y, Size ldy, Size offset, Size n, int real, const Epilogue& epilogue) {
  constexpr int L = kLanesOf<V>;
  KR_UNROLL for (int i = 0; i < MR; ++i) {
    KR_UNROLL for (int j = 0; j < NV; ++j) {
      KR_UNROLL for (int half = U / 2; half > 0; half /= 2) {
        KR_UNROLL for (int u = 0; u < half; ++u) acc[u][i][j] += acc[u + half][i][j];
      }
      const int lanes = real - j * L < L ? real - j * L : L;
      store_lanes(y + i * ldy + j * L, epilogue(acc[0][i][j], offset + i * n + j * L, lanes), lanes);
    }
  }
}

/// Rows cut into `count` tiles of nearly equal size, the first `longer` of them one row longer: one large tile with a tail of few
/// rows costs 6-14 %.
struct RowTiles {
  Size count, size, longer;
  constexpr explicit RowTiles(Size rows, Size most = kTileRows)
      : count(rows <= most ? rows > 0 : ceil_div(rows, most)),
        size(rows <= most ? rows : rows / count),
        longer(rows <= most ? 0 : rows % count) {}
  /// First row of tile t.
  constexpr Size row(Size t) const { return t * size + min_size(t, longer); }
};

KR_END_NAMESPACE
