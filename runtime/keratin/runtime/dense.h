// Matrix of activations times packed weights, with bias and epilogue: Dense layers, 1x1 convolutions, input projections.
//
// Cost. Batch 1 and few rows: bytes of the weights / bandwidth of the cache level they stay in (L1 400-550 GB/s, L2 200, L3 60-130,
// memory 20-40); there is nothing above that. From 8 rows: 2 * rows * K * N flops at 90-94 % of the multiply-add peak, where K >= 32
// and N is a multiple of 32 (16: 85 %). A panel of w < 16 outputs costs as much as one of 16 lanes under AVX-512, of 8 under AVX2.
// Overhead of a call about 5 ns (dense_small: none).
#pragma once
#include "keratin/runtime/dot.h"
#include "keratin/runtime/panels.h"
#include "keratin/runtime/pool.h"
#include "keratin/runtime/tile.h"

KR_BEGIN_NAMESPACE

/// One panel of the product: `width` columns from `column` on. Sizes are run-time values, so layers share the code of their tiles.
template <class T> struct DensePanel {
  const T* x;        // [rows][k], ldx apart
  Size ldx, k;
  const T* packed;   // [k][width], or single columns
  const T* bias;     // of the panel, or nullptr
  T* y;              // the panel's first column of row 0; rows ldy apart
  Size ldy, n, column;
};

/// MR rows from `row` on, vectors First and following of a panel with Real outputs.
template <int MR, int Width, int Real, bool Prefetch, int First = 0, class T, class Epilogue>
KR_INLINE void dense_tile(const DensePanel<T>& p, Size row, const Epilogue& epilogue) {
  constexpr int L = panel_lanes<T>(Width), kVectors = panel_vectors<T>(Width, Real);
  if constexpr (First < kVectors) {
    constexpr int NV = tile_vectors(MR, kVectors - First), kColumn = First * L;
    constexpr int kReal = Real - kColumn < NV * L ? Real - kColumn : NV * L;
    Vec<T, L> acc[tile_chains(MR, NV)][MR][NV];
    begin_tile(acc, p.bias == nullptr ? nullptr : p.bias + kColumn, kReal);
    multiply_add<Prefetch>(acc, p.k, p.x + row * p.ldx, p.ldx, p.packed + kColumn, Width);
    end_tile(acc, p.y + row * p.ldy + kColumn, p.ldy, row * p.n + p.column + kColumn, p.n, kReal, epilogue);
    dense_tile<MR, Width, Real, Prefetch, First + NV>(p, row, epilogue);
  }
}
/// MR rows by R single columns, U chains over k.
template <int MR, int R, int U, class T, class Epilogue>
KR_INLINE void dense_dots(const DensePanel<T>& p, Size row, const Epilogue& epilogue) {
  Vec<T, kLanes<T>> acc[U][MR][R];
  begin_dots(acc);
  dot_add(acc, p.k, p.x + row * p.ldx, p.ldx, p.packed, p.k);
  end_dots(acc, p.bias, p.y + row * p.ldy, p.ldy, row * p.n + p.column, p.n, epilogue);
}

/// Rows of tiles t0 .. t1 - 1. Tiles are cut from the number of rows alone, so results do not depend on who computes them.
template <int Width, int Real, bool Prefetch, class T, class Epilogue>
KR_ONE_COPY void dense_panel(const DensePanel<T>& panel, const RowTiles& tiles, Size t0, Size t1, const Epilogue& epilogue) {
  const DensePanel<T> p = panel;
  const Size middle = max_size(t0, min_size(t1, tiles.longer));
  for (int longer = 1; longer >= 0; --longer) {
    Size row = tiles.row(longer ? t0 : middle);
    const Size end = tiles.row(longer ? middle : t1);
    if (row == end) continue;
#define KR_DENSE_ROWS(MR)                                                        \
  KR_NO_UNROLL for (; row < end; row += MR) {                                    \
    if constexpr (MR <= kTileRows) dense_tile<MR, Width, Real, Prefetch>(p, row, epilogue); \
  }                                                                              \
  break
    switch (tiles.size + longer) {
      case 1: KR_DENSE_ROWS(1);
      case 2: KR_DENSE_ROWS(2);
      case 3: KR_DENSE_ROWS(3);
      case 4: KR_DENSE_ROWS(4);
      case 5: KR_DENSE_ROWS(5);
      case 6: KR_DENSE_ROWS(6);
      case 7: KR_DENSE_ROWS(7);
      default: KR_DENSE_ROWS(8);
    }
#undef KR_DENSE_ROWS
  }
}
/// The same where all tiles are of kTileRows rows: nothing else is compiled.
template <int Width, int Real, bool Prefetch, class T, class Epilogue>
KR_ONE_COPY void dense_whole_panel(const DensePanel<T>& panel, Size t0, Size t1, const Epilogue& epilogue) {
  const DensePanel<T> p = panel;
  KR_NO_UNROLL for (Size row = t0 * kTileRows; row < t1 * kTileRows; row += kTileRows) dense_tile<kTileRows, Width, Real, Prefetch>(p, row, epilogue);
}
/// The same for R single columns: every tile in fours, then row by row; a lone row has chains.
template <int R, int U, class T, class Epilogue>
KR_ONE_COPY void dense_columns(const DensePanel<T>& panel, const RowTiles& tiles, Size t0, Size t1, const Epilogue& epilogue) {
  const DensePanel<T> p = panel;
  if (tiles.count == 1 && tiles.size == 1) return dense_dots<1, R, U>(p, 0, epilogue);
  constexpr int kRows = 4;
  KR_NO_UNROLL for (Size t = t0; t < t1; ++t) {
    Size row = tiles.row(t);
    const Size end = tiles.row(t + 1);
    KR_NO_UNROLL for (; row + kRows <= end; row += kRows) dense_dots<kRows, R, 1>(p, row, epilogue);
    KR_NO_UNROLL for (; row < end; ++row) dense_dots<1, R, 1>(p, row, epilogue);
  }
}

/// The kernel of one shape.
template <class T, Size K, Size N, class Epilogue, Size LDX, Size LDY, bool Prefetch, int Unit = 1> struct DenseKernel {
  static_assert(K >= 1 && N >= 1 && LDX >= K && LDY >= N);

  const T* x;
  const T* packed;
  const T* bias;   // N values or nullptr
  T* y;
  const Epilogue& epilogue;

  static constexpr Size kWide = N / 32, kPanels = count_panel_items(N);   // full panels of 32, all

  KR_INLINE DensePanel<T> panel_at(Size column) const {
    return {x, LDX, K, packed + column * K, bias == nullptr ? nullptr : bias + column, y + column, LDY, N, column};
  }
  static constexpr int panel_columns(Size column) { return static_cast<int>(min_size(panel_item_width(N, column), N - column)); }

  template <int Width, int Real> KR_INLINE void panel(Size column, const RowTiles& tiles, Size t0, Size t1) const {
    if constexpr (Unit % kTileRows == 0) dense_whole_panel<Width, Real, Prefetch>(panel_at(column), t0, t1, epilogue);
    else dense_panel<Width, Real, Prefetch>(panel_at(column), tiles, t0, t1, epilogue);
  }
  /// Tiles t0 .. t1 - 1 of the panel `skip` panels after the one at Column.
  template <Size Column> KR_INLINE void last_panels(const RowTiles& tiles, Size t0, Size t1, Size skip) const {
    if constexpr (Column < N) {
      constexpr int kWidth = static_cast<int>(panel_width(N - Column)), kReal = panel_columns(Column);
      if (skip != 0) last_panels<Column + panel_item_width(N, Column)>(tiles, t0, t1, skip - 1);
      else if constexpr (kWidth == 1) {
        dense_columns<kReal, dot_chains<T>(kReal, K)>(panel_at(Column), tiles, t0, t1, epilogue);
      } else panel<kWidth, kReal>(Column, tiles, t0, t1);
    }
  }
  KR_INLINE void any_panel(const RowTiles& tiles, Size t0, Size t1, Size p) const {
    if (p < kWide) panel<32, 32>(p * 32, tiles, t0, t1);
    else last_panels<kWide * 32>(tiles, t0, t1, p - kWide);
  }

  /// Tiles that are worked off together, panel after panel: their rows of x stay in L2 while the weights stream by.
  static constexpr Size kBlockTiles = max_size(128, 262144 / (K * static_cast<Size>(sizeof(T)))) / kTileRows;

  /// Work items first .. last - 1 of the grid [blocks][panels].
  KR_INLINE void items(const RowTiles& tiles, Size blocks, Size first, Size last, bool backwards) const {
    KR_NO_UNROLL for (Size i = first; i < last; ++i) {
      const Size item = backwards ? first + last - 1 - i : i, block = item / kPanels;
      any_panel(tiles, tiles.count * block / blocks, tiles.count * (block + 1) / blocks, item % kPanels);
    }
  }
  KR_INLINE void run(Size rows, bool backwards, Pool* pool) const {
    const RowTiles tiles(rows);
    if (tiles.count <= kBlockTiles && (pool == nullptr || pool->threads <= 1)) {
      KR_NO_UNROLL for (Size p = 0; p < kPanels; ++p) any_panel(tiles, 0, tiles.count, backwards ? kPanels - 1 - p : p);
      return;
    }
    Size blocks = ceil_div(tiles.count, kBlockTiles), chunks = 1;
    if (pool != nullptr && pool->threads > 1 && rows * K * N >= kParallelWork) {
      const Size wanted = 2 * pool->threads;
      if (blocks * kPanels < wanted) blocks = min_size(tiles.count, ceil_div(wanted, kPanels));
      chunks = min_size(pool->threads, blocks * kPanels);
    }
    parallel(pool, static_cast<int>(chunks), [&](int chunk) {
      items(tiles, blocks, blocks * kPanels * chunk / chunks, blocks * kPanels * (chunk + 1) / chunks, backwards);
    });
  }

  /// One row inline, panel after panel.
  template <Size Column> KR_INLINE void one_row() const {
    if constexpr (Column < N) {
      constexpr int kWidth = static_cast<int>(panel_width(N - Column)), kReal = panel_columns(Column);
      if constexpr (kWidth == 1) dense_dots<1, kReal, dot_chains<T>(kReal, K)>(panel_at(Column), 0, epilogue);
      else dense_tile<1, kWidth, kReal, false>(panel_at(Column), 0, epilogue);
      one_row<Column + panel_item_width(N, Column)>();
    }
  }
  KR_INLINE void one_row() const {
    KR_NO_UNROLL for (Size p = 0; p < kWide; ++p) dense_tile<1, 32, 32, false>(panel_at(p * 32), 0, epilogue);
    one_row<kWide * 32>();
  }
};

/// y[r][n] = epilogue(bias[n] + sum over k of x[r][k] * weights[k][n]) for r < rows; rows of x and y are LDX and LDY elements apart.
/// packed: the weights in panels (panels.h). bias: N values, or nullptr. y must not overlap x; the epilogue may read what lies in y.
/// Prefetch: for weights that do not stay in the L2 cache (a model with more than about 1 MB of weights): 17 % faster there, 30 %
/// slower on small ones. backwards: the order in which panels are visited; alternate it from call to call where weights exceed
/// L2, so that the half that is still cached comes first (the result has the same bits). Unit: `rows` is a multiple of it, which saves code
/// where it is a multiple of kTileRows.
template <class T, Size K, Size N, class Epilogue = NoEpilogue, Size LDX = K, Size LDY = N, bool Prefetch = false, int Unit = 1>
KR_NOINLINE void dense(Size rows, const T* x, const T* packed, const T* bias, T* y, const Epilogue& epilogue, bool backwards, Pool* pool) {
  DenseKernel<T, K, N, Epilogue, LDX, LDY, Prefetch, Unit>{x, packed, bias, y, epilogue}.run(rows, backwards, pool);
}
template <class T, Size K, Size N, class Epilogue = NoEpilogue, Size LDX = K, Size LDY = N, bool Prefetch = false, int Unit = 1>
KR_INLINE void dense(Size rows, const T* x, const T* packed, const T* bias, T* y, const Epilogue& epilogue = {}, Pool* pool = nullptr) {
  dense<T, K, N, Epilogue, LDX, LDY, Prefetch, Unit>(rows, x, packed, bias, y, epilogue, false, pool);
}

/// The same for one row inside its caller, without a call: for weights of a few KB. More rows go to dense.
template <class T, Size K, Size N, class Epilogue = NoEpilogue, Size LDX = K, Size LDY = N>
KR_INLINE void dense_small(Size rows, const T* x, const T* packed, const T* bias, T* y, const Epilogue& epilogue = {}) {
  if (rows == 1) DenseKernel<T, K, N, Epilogue, LDX, LDY, false>{x, packed, bias, y, epilogue}.one_row();
  else dense<T, K, N, Epilogue, LDX, LDY>(rows, x, packed, bias, y, epilogue);
}

KR_END_NAMESPACE
