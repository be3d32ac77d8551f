// Winograd convolution F(2,3) and F(4,3) for 3x3 kernels with stride 1 (Lavin and Gray, arXiv 1509.09308), channels last.
//
// Cost, M = 2 or 4, A = M + 2, tiles = ceil(OH / M) * ceil(OW / M) per example: A * A * tiles * C * F multiply-adds at 85-93 % of the
// peak (4/9 of direct's for M = 2, 1/4 for M = 4, where tiles are full), plus transforms of about 0.028 us (M = 2) or 0.11 us
// (M = 4) per tile and 16 channels in and out (AVX-512; AVX2: twice); bounded below by the bytes of the transformed weights,
// A * A * C * F * sizeof(T) = 1.78 or 4 times the kernel's, / bandwidth of the level they stay in. So: M = 2 from 16 channels and 50
// tiles up; M = 4 only where 36 * C * F * sizeof(T) stays below 2-3 MB and the image is 8 or more wide; neither at 7x7.
// Accuracy (float, C = 64..256): M = 2 as exact as direct (fewer terms per sum); M = 4 loses a factor of 5 to 10.
#pragma once
#include "keratin/runtime/conv_geometry.h"
#include "keratin/runtime/dense.h"

KR_BEGIN_NAMESPACE

/// One-dimensional transforms of M outputs from A = M + 2 inputs. input: B^T d; output: A^T m; `s` between elements of the source.
template <int M> struct WinogradTransform;
template <> struct WinogradTransform<2> {
  template <class V> static KR_INLINE void input(const V* d, V* o, int ds, int os) {
    o[0] = d[0] - d[2 * ds];
    o[os] = d[ds] + d[2 * ds];
    o[2 * os] = d[2 * ds] - d[ds];
    o[3 * os] = d[ds] - d[3 * ds];
  }
  template <class V> static KR_INLINE void output(const V* m, V* o, int ms, int os) {
    o[0] = m[0] + m[ms] + m[2 * ms];
    o[os] = m[ms] - m[2 * ms] - m[3 * ms];
  }
};
template <> struct WinogradTransform<4> {
  template <class V> static KR_INLINE void input(const V* d, V* o, int ds, int os) {
    using T = Element<V>;
    const V t0 = d[4 * ds] - T(4) * d[2 * ds], t1 = d[3 * ds] - T(4) * d[ds], t2 = d[4 * ds] - d[2 * ds], t3 = d[3 * ds] - d[ds];
    o[0] = T(4) * d[0] - T(5) * d[2 * ds] + d[4 * ds];
    o[os] = t0 + t1;
    o[2 * os] = t0 - t1;
    o[3 * os] = t2 + T(2) * t3;
    o[4 * os] = t2 - T(2) * t3;
    o[5 * os] = T(4) * d[ds] - T(5) * d[3 * ds] + d[5 * ds];
  }
  template <class V> static KR_INLINE void output(const V* m, V* o, int ms, int os) {
    using T = Element<V>;
    const V s1 = m[ms] + m[2 * ms], d1 = m[ms] - m[2 * ms], s2 = m[3 * ms] + m[4 * ms], d2 = m[3 * ms] - m[4 * ms];
    o[0] = m[0] + s1 + s2;
    o[os] = d1 + T(2) * d2;
    o[2 * os] = s1 + T(4) * s2;
    o[3 * os] = d1 + T(8) * d2 + m[5 * ms];
  }
};

/// Sizes of the work: tiles are numbered through all examples and worked off in blocks whose transformed inputs and products stay
/// in L2 (about 384 KB); where the weights do not stay there, in larger ones: a block reads all weights.
template <class T, class G, int M> struct WinogradSizes {
  static constexpr Size A = M + 2, kPositions = A * A;
  static constexpr Size kTilesDown = ceil_div(G::OH, M), kTilesAcross = ceil_div(G::OW, M), kTiles = kTilesDown * kTilesAcross;
  static constexpr Size kFit = 393216 / (kPositions * (G::C + G::F) * static_cast<Size>(sizeof(T)));
  static constexpr Size kLeast = kPositions * G::C * G::F * static_cast<Size>(sizeof(T)) > 524288 ? 48 : 2 * kTileRows;
  static constexpr Size kBlock = min_size(96, max_size(kLeast, kFit / kTileRows * kTileRows));
};

/// Elements of scratch memory that winograd needs when at most `threads` threads take part.
template <class T, class G, int M = 2> constexpr Size winograd_scratch(int threads = 1) {
  using S = WinogradSizes<T, G, M>;
  return threads * S::kPositions * S::kBlock * (G::C + G::F);
}
/// Elements of the transformed weights, [A * A][packed C x F matrix]: for a kernel g[kh][kw][c][f] and U[c][f] = L g[.][.][c][f] L^T
/// (an A x A matrix) position i * A + j is the matrix U[c][f][i][j], C rows by F columns, in panels (panels.h). L is
///   M = 2: {1, 0, 0}, {1/2, 1/2, 1/2}, {1/2, -1/2, 1/2}, {0, 0, 1}
///   M = 4: {1/4, 0, 0}, {-1/6, -1/6, -1/6}, {-1/6, 1/6, -1/6}, {1/24, 1/12, 1/6}, {1/24, -1/12, 1/6}, {0, 0, 1};
/// compute U in double.
template <class G, int M = 2> constexpr Size winograd_weights() { return (M + 2) * (M + 2) * packed_size(G::C, G::F); }

template <class T, class G, int M, class Epilogue> struct WinogradKernel {
  using S = WinogradSizes<T, G, M>;
  using Transform = WinogradTransform<M>;
  static constexpr int A = M + 2;
  static constexpr Size C = G::C, F = G::F;
  static_assert(G::D == 1 && G::KD == 1 && G::KH == 3 && G::KW == 3 && G::SH == 1 && G::SW == 1 && G::DH == 1 && G::DW == 1);
  static_assert(G::YStride >= F);
  /// Blocks begin at multiples of it: where whole tiles of the product fill an example, its kernel needs no others.
  static constexpr int kUnit = S::kTiles % kTileRows == 0 && S::kBlock % kTileRows == 0 ? kTileRows : 1;

  const T* x;
  const T* transformed;
  const T* bias;   // F values or nullptr
  T* y;
  const Epilogue& epilogue;

  /// A tile: its example and first output row and column.
  struct Tile {
    Size example, oh, ow;
  };
  static KR_INLINE Tile tile_at(Size t) {
    return {t / S::kTiles, t % S::kTiles / S::kTilesAcross * M, t % S::kTilesAcross * M};
  }

  /// v[position][t][channel..] = B^T d B of L channels; Edge: zeros where d lies outside.
  template <int L, bool Edge> KR_INLINE void transform_input(const Tile& tile, Size c, Size count, T* v) const {
    using V = Vec<T, L>;
    const Size ih = tile.oh - G::PT, iw = tile.ow - G::PL;
    const T* in = x + ((tile.example * G::H + ih) * G::W + iw) * G::XStride + c;
    V d[A * A], e[A * A];
    KR_UNROLL for (int i = 0; i < A; ++i) {
      V row[A];
      KR_UNROLL for (int j = 0; j < A; ++j) {
        const bool inside = !Edge || (ih + i >= 0 && ih + i < G::H && iw + j >= 0 && iw + j < G::W);
        row[j] = inside ? load_lanes<L>(in + (i * G::W + j) * G::XStride, count) : V{};
      }
      Transform::input(row, d + i * A, 1, 1);
    }
    KR_UNROLL for (int j = 0; j < A; ++j) Transform::input(d + j, e + j, A, A);
    KR_UNROLL for (int p = 0; p < A * A; ++p) store_lanes(v + p * S::kBlock * C + c, e[p], count);
  }
  /// Outputs of L filters: epilogue(A^T m A + bias), cropped to the image.
  template <int L> KR_INLINE void transform_output(const Tile& tile, Size f, Size count, const T* m) const {
    using V = Vec<T, L>;
    V d[A * M], o[M * M];
    KR_UNROLL for (int i = 0; i < A; ++i) {
      V row[A];
      KR_UNROLL for (int j = 0; j < A; ++j) row[j] = load_lanes<L>(m + (i * A + j) * S::kBlock * F + f, count);
      Transform::output(row, d + i * M, 1, 1);
    }
    KR_UNROLL for (int j = 0; j < M; ++j) Transform::output(d + j, o + j, M, M);
    const V b = bias == nullptr ? V{} : load_lanes<L>(bias + f, count);
    const Size pixel = (tile.example * G::OH + tile.oh) * G::OW + tile.ow;
    KR_UNROLL for (int i = 0; i < M; ++i) {
      KR_UNROLL for (int j = 0; j < M; ++j) {
        if ((G::OH % M != 0 && tile.oh + i >= G::OH) || (G::OW % M != 0 && tile.ow + j >= G::OW)) continue;
        const Size at = pixel + i * G::OW + j;
        store_lanes(y + at * G::YStride + f, epilogue(o[i * M + j] + b, at * F + f, static_cast<int>(count)), count);
      }
    }
  }

  /// Vectors over N channels: body<lanes>(channel, count).
  template <Size N, class Body> static KR_INLINE void over_channels(Body&& body) {
    constexpr int L = kLanes<T>;
    constexpr Size kRest = N % L;
    KR_NO_UNROLL for (Size c = 0; c + L <= N; c += L) body.template operator()<L>(c, L);
    if constexpr (kRest > 0) body.template operator()<(kRest > 8 ? 16 : kRest > 4 ? 8 : L < 4 ? L : 4)>(N - kRest, kRest);
  }
  struct InputBody {
    const WinogradKernel& kernel;
    const Tile& tile;
    bool edge;
    T* v;
    template <int L> KR_INLINE void operator()(Size c, Size count) const {
      if (edge) kernel.transform_input<L, true>(tile, c, count, v);
      else kernel.transform_input<L, false>(tile, c, count, v);
    }
  };
  struct OutputBody {
    const WinogradKernel& kernel;
    const Tile& tile;
    const T* m;
    template <int L> KR_INLINE void operator()(Size f, Size count) const { kernel.transform_output<L>(tile, f, count, m); }
  };
  KR_ONE_COPY void inputs(Size first, Size last, T* v) const {
    const WinogradKernel self = *this;   // copies: stores cannot change them
    KR_NO_UNROLL for (Size t = first; t < last; ++t, v += C) {
      const Tile tile = tile_at(t);
      const Size ih = tile.oh - G::PT, iw = tile.ow - G::PL;
      over_channels<C>(InputBody{self, tile, ih < 0 || iw < 0 || ih + A > G::H || iw + A > G::W, v});
    }
  }
  KR_ONE_COPY void outputs(Size first, Size last, const T* m) const {
    const WinogradKernel self = *this;
    KR_NO_UNROLL for (Size t = first; t < last; ++t, m += F) {
      const Tile tile = tile_at(t);
      over_channels<F>(OutputBody{self, tile, m});
    }
  }

  /// Tiles first .. last - 1, at most a block of them.
  KR_INLINE void block(Size first, Size last, T* scratch) const {
    T* v = scratch;
    T* m = scratch + S::kPositions * S::kBlock * C;
    inputs(first, last, v);
    KR_NO_UNROLL for (Size p = 0; p < S::kPositions; ++p) {
      dense<T, C, F, NoEpilogue, C, F, false, kUnit>(last - first, v + p * S::kBlock * C, transformed + p * packed_size(C, F), nullptr, m + p * S::kBlock * F);
    }
    outputs(first, last, m);
  }

  KR_INLINE void run(Size examples, T* scratch, int threads, Pool* pool) const {
    // Blocks of nearly equal size, the same for any number of threads: the last bits depend on how a block is cut into rows.
    const Size tiles = examples * S::kTiles, blocks = ceil_div(tiles, S::kBlock);
    Size chunks = pool == nullptr ? 1 : min_size(min_size(threads, pool->threads), blocks);
    if (tiles * S::kPositions * C * F < kParallelWork) chunks = min_size(chunks, 1);
    parallel(pool, static_cast<int>(chunks), [&](int chunk) {
      for (Size b = blocks * chunk / chunks; b < blocks * (chunk + 1) / chunks; ++b) {
        block(tiles / kUnit * b / blocks * kUnit, tiles / kUnit * (b + 1) / blocks * kUnit, scratch + chunk * winograd_scratch<T, G, M>());
      }
    });
  }
};

/// conv2d (conv2d.h) for 3x3 kernels with stride 1, any padding: x, bias, y and the epilogue as there; M = 2 or 4 is the size of the
/// output tiles. transformed: winograd_weights<G, M>() elements, see there. scratch: winograd_scratch<T, G, M>(MaxThreads)
/// elements; no more than MaxThreads of the pool's threads take part.
template <class T, class G, int M = 2, class Epilogue = NoEpilogue, int MaxThreads = 1>
KR_NOINLINE void winograd(Size n, const T* x, const T* transformed, const T* bias, T* y, T* scratch, const Epilogue& epilogue = {},
                          Pool* pool = nullptr) {
  static_assert(M == 2 || M == 4);
  WinogradKernel<T, G, M, Epilogue>{x, transformed, bias, y, epilogue}.run(n, scratch, MaxThreads, pool);
}

KR_END_NAMESPACE
