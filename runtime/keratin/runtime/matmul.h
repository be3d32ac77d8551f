// Batched products of two activations: C = A * B, A * B^T, A^T * B or A^T * B^T, with run-time sizes and strides (attention, Dot, Einsum,
// and in training the products with weights that change; A^T * B is the gradient of such weights).
//
// Cost. From 6 rows of A: 2 * m * n * k flops at 80-92 % of the multiply-add peak for k >= 32, n a multiple of two vectors; B^T and
// B with far rows are packed a block of 128 x two vectors at a time, in 16 KB of stack: about one clock per vector of B and block of rows
// of A. Fewer rows of A: bytes of B / bandwidth; B^T by dot products. A^T: as A, 75-85 %; its k is cut into blocks of 128, each summed in
// registers and added to C; blocks of 128 x 96 of A^T are packed too, in 48 KB. Overhead of a call about 15 ns, of a batch entry about 5 ns.
#pragma once
#include "keratin/runtime/dot.h"
#include "keratin/runtime/pool.h"
#include "keratin/runtime/tile.h"
#include "keratin/runtime/transpose.h"

KR_BEGIN_NAMESPACE

/// Sizes of a batched product; strides in elements. Innermost indices are contiguous: k of A (m of A^T), n of B (k of B^T), n of C. The
/// batch has two indices, C is logically [outer][inner][m][n]; a stride of 0 repeats an operand.
struct MatmulShape {
  Size m, n, k;
  Size a_row, b_row, c_row;
  Size outer = 1, inner = 1;
  Size a_outer = 0, a_inner = 0, b_outer = 0, b_inner = 0, c_outer = 0, c_inner = 0;
};

/// An epilogue over rows of C whose sums are complete and still in the L1 cache: column j of row i has the offset `offset` + i * n + j.
template <class T, class Epilogue>
KR_NOINLINE void finish_product(const void* epilogue, T* c, Size c_row, Size offset, Size n, Size rows, Size columns) {
  constexpr int L = kLanes<T>;
  const Epilogue apply = *static_cast<const Epilogue*>(epilogue);
  KR_NO_UNROLL for (Size i = 0; i < rows; ++i, c += c_row, offset += n) {
    Size j = 0;
    KR_NO_UNROLL for (; j + 2 * L <= columns; j += 2 * L) {
      store(c + j, apply(load<L>(c + j), offset + j, L));
      store(c + j + L, apply(load<L>(c + j + L), offset + j + L, L));
    }
    if (j + L <= columns) {
      store(c + j, apply(load<L>(c + j), offset + j, L));
      j += L;
    }
    if (j < columns) store_part(c + j, apply(load_part<L>(c + j, columns - j), offset + j, static_cast<int>(columns - j)), columns - j);
  }
}

template <class T, bool TransposeB, class Epilogue, bool TransposeA> struct MatmulKernel {
  static constexpr int L = kLanes<T>, kColumns = 2 * L;   // columns worked off together: two vectors
  static constexpr Size kDepth = 128;                     // of k packed together
  static constexpr Size kBlockRows = TransposeB && !TransposeA ? 192 : 96;   // of A that share a packing: a multiple of every tile
  static constexpr Size kFarRow = 64, kVeryFarRow = 512;  // from here on rows of B are packed: they collide in the L1 cache
  static constexpr Size kFewTiles = 4, kVeryFew = 2;      // of rows, up to which it does not pay
  static constexpr Size kManyPairs = 3;                   // of vectors, from which on packing rows of A^T pays
  static constexpr int kDotColumns = 4;

  using Finish = void (*)(const void* epilogue, T* c, Size c_row, Size offset, Size n, Size rows, Size columns);

  MatmulShape s;
  const Epilogue& epilogue;
  Finish finish = nullptr;         // of an epilogue that runs apart from the product, and that epilogue
  const void* finished = nullptr;

  /// One entry of the batch; `offset` of its first element in the logical output.
  struct Entry {
    const T* a;
    const T* b;
    T* c;
    Size offset;
  };
  KR_INLINE Entry entry(const T* a, const T* b, T* c, Size index) const {
    const Size outer = index / s.inner, inner = index % s.inner;
    return {a + outer * s.a_outer + inner * s.a_inner, b + outer * s.b_outer + inner * s.b_inner, c + outer * s.c_outer + inner * s.c_inner,
            index * s.m * s.n};
  }

  /// Columns column .. column + real - 1 and k0 .. k0 + depth - 1 of B as [depth][NV vectors], zeros beyond.
  template <int NV> KR_INLINE void pack(const T* b, Size k0, Size depth, Size column, Size real, T* packed) const {
    if constexpr (!TransposeB) {
      KR_NO_UNROLL for (Size k = 0; k < depth; ++k) {
        const T* from = b + (k0 + k) * s.b_row + column;
        KR_UNROLL for (int j = 0; j < NV; ++j) {
          const Size count = real - j * L;
          store(packed + k * NV * L + j * L, count >= L ? load<L>(from + j * L) : load_part<L>(from + j * L, count));
        }
      }
    } else {
      KR_NO_UNROLL for (int j = 0; j < NV; ++j) {
        const Size rows = min_size(L, real - j * L);
        KR_NO_UNROLL for (Size k = 0; k < depth; k += L) {
          Vec<T, L> square[L];
          const T* from = b + (column + j * L) * s.b_row + k0 + k;
          KR_UNROLL for (int i = 0; i < L; ++i) square[i] = i < rows ? load_lanes<L>(from + i * s.b_row, depth - k) : Vec<T, L>{};
          transpose(square);
          const Size steps = min_size(L, depth - k);
          KR_UNROLL for (int i = 0; i < L; ++i) {
            if (i < steps) store(packed + (k + i) * NV * L + j * L, square[i]);
          }
        }
      }
    }
  }

  /// Rows of A, or of A^T columns, of a tile. k0 and what follows: of the element behind `data`.
  struct Rows {
    const T* data;
    Size step;   // of A between rows, of A^T between steps of k
  };
  KR_INLINE Rows rows_of_a(const Entry& e, Size row, Size k0) const {
    return {TransposeA ? e.a + k0 * s.a_row + row : e.a + row * s.a_row + k0, s.a_row};
  }

  template <int N> static KR_INLINE void copy_row(const T* from, T* to) {
    constexpr int kPart = N >= 8 ? 8 : N >= 4 ? 4 : N >= 2 ? 2 : 1;
    store(to, load<kPart>(from));
    if constexpr (N > kPart) copy_row<N - kPart>(from + kPart, to + kPart);
  }
  /// Columns row .. end - 1 of A^T, k0 .. k0 + depth - 1, as strips [depth][kTileRows]. Two strips at a time: what they read shares lines.
  KR_INLINE void pack_rows(const T* a, Size k0, Size depth, Size row, Size end, T* packed) const {
    constexpr Size kStrip = kTileRows;
    for (Size r = row; r < end; r += 2 * kStrip, packed += 2 * kStrip * kDepth) {
      const T* from = a + k0 * s.a_row + r;
      const Size count = min_size(2 * kStrip, end - r);
      KR_NO_UNROLL for (Size k = 0; k < depth; ++k, from += s.a_row) {
        T* to = packed + k * kStrip;
        if (count == 2 * kStrip) {
          copy_row<kTileRows>(from, to);
          copy_row<kTileRows>(from + kStrip, to + kStrip * kDepth);
        } else {
          for (Size i = 0; i < count; ++i) to[i < kStrip ? i : i - kStrip + kStrip * kDepth] = from[i];
        }
      }
    }
  }

  /// MR rows by NV vectors of `real` columns (more than NV - 1 vectors), k0 .. k0 + depth - 1 of k: goes on with what C holds after the first,
  /// the epilogue follows the last.
  template <int MR, int NV>
  KR_INLINE void tile(const Entry& e, Rows a, Size row, Size column, Size real, const T* b, Size b_row, Size k0, Size depth) const {
    Vec<T, L> acc[tile_chains(MR, NV)][MR][NV];
    begin_tile(acc, static_cast<const T*>(nullptr), NV * L);
    T* c = e.c + row * s.c_row + column;
    if (!TransposeA && k0 > 0) add_tile<MR, NV>(acc[0], c, real);
    if constexpr (TransposeA) {
      outer_add(acc, depth, a.data, a.step, b, b_row);
      if (k0 > 0) add_tile<MR, NV>(acc[0], c, real);
    } else {
      multiply_add(acc, depth, a.data, a.step, b, b_row);
    }
    if (kSame<Epilogue, NoEpilogue> || k0 + depth < s.k) {
      end_tile_of(acc, c, s.c_row, 0, 0, real, NoEpilogue{});
    } else {
      end_tile_of(acc, c, s.c_row, e.offset + row * s.n + column, s.n, real, epilogue);
    }
  }
  /// acc += C; only the last vector may have fewer columns.
  template <int MR, int NV> KR_INLINE void add_tile(Vec<T, L> (&acc)[MR][NV], const T* c, Size real) const {
    constexpr int kLast = NV - 1;
    KR_UNROLL for (int i = 0; i < MR; ++i) {
      KR_UNROLL for (int j = 0; j < kLast; ++j) acc[i][j] += load<L>(c + i * s.c_row + j * L);
      acc[i][kLast] += load_lanes<L>(c + i * s.c_row + kLast * L, real - kLast * L);
    }
  }
  /// end_tile with a run-time number of columns.
  template <class V, int U, int MR, int NV, class E>
  KR_INLINE void end_tile_of(V (&acc)[U][MR][NV], T* c, Size c_row, Size offset, Size n, Size real, const E& e) const {
    if (real == NV * L) return end_tile(acc, c, c_row, offset, n, NV * L, e);
    constexpr int kLast = NV - 1;
    const int rest = static_cast<int>(real) - kLast * L;
    KR_UNROLL for (int i = 0; i < MR; ++i) {
      KR_UNROLL for (int j = 0; j < NV; ++j) {
        KR_UNROLL for (int u = 1; u < U; ++u) acc[0][i][j] += acc[u][i][j];
      }
      KR_UNROLL for (int j = 0; j < kLast; ++j) store(c + i * c_row + j * L, e(acc[0][i][j], offset + i * n + j * L, L));
      store_part(c + i * c_row + kLast * L, e(acc[0][i][kLast], offset + i * n + kLast * L, rest), rest);
    }
  }

  KR_INLINE bool packs_b(Size rows, Size real, int vectors) const {
    if (TransposeB || real < vectors * L) return true;
    return s.b_row >= (rows > kFewTiles * kTileRows ? kFarRow : kVeryFarRow) && rows > kVeryFew * kTileRows;
  }
  /// Rows row .. end - 1 of NV vectors of columns, k0 .. k0 + depth - 1. packed: those rows from pack_rows, or nullptr.
  template <int NV> KR_INLINE void columns(const Entry& e, Size row, Size end, Size column, Size real, Size k0, Size depth, const T* packed) const {
    const bool packs = packs_b(end - row, real, NV);
    T packed_b[kDepth * NV * L];
    if (packs) pack<NV>(e.b, k0, depth, column, real, packed_b);
    const T* b = packs ? packed_b : e.b + k0 * s.b_row + column;
    const Size b_row = packs ? NV * L : s.b_row;
    auto rows_at = [&](Size r) KR_INLINE_LAMBDA {
      if (TransposeA && packed != nullptr) {
        const Size at = r - row;
        return Rows{packed + at / kTileRows * kTileRows * kDepth + at % kTileRows, kTileRows};
      }
      return rows_of_a(e, r, k0);
    };
    Size r = row;
    KR_NO_UNROLL for (; r + kTileRows <= end; r += kTileRows) tile<kTileRows, NV>(e, rows_at(r), r, column, real, b, b_row, k0, depth);
    if (r + kTileRows / 2 <= end) {
      tile<kTileRows / 2, NV>(e, rows_at(r), r, column, real, b, b_row, k0, depth);
      r += kTileRows / 2;
    }
    if (r + 2 <= end) {
      tile<2, NV>(e, rows_at(r), r, column, real, b, b_row, k0, depth);
      r += 2;
    }
    if (r < end) tile<1, NV>(e, rows_at(r), r, column, real, b, b_row, k0, depth);
  }
  KR_INLINE void columns(const Entry& e, Size row, Size end, Size pair, Size k0, Size depth, const T* packed) const {
    const Size column = pair * kColumns, real = min_size(kColumns, s.n - column);
    if (real > L) columns<2>(e, row, end, column, real, k0, depth, packed);
    else columns<1>(e, row, end, column, real, k0, depth, packed);
  }

  /// Rows row .. end - 1 of pairs of vectors first .. last - 1.
  KR_INLINE void block(const Entry& e, Size row, Size end, Size first, Size last) const {
    const bool packs = TransposeA && last - first >= kManyPairs && end - row >= kTileRows;
    T packed[TransposeA ? kDepth * (kBlockRows + kTileRows) : 1];
    const Size columns_left = s.n - first * kColumns;
    const bool blocks = TransposeA || packs_b(end - row, min_size(kColumns, columns_left), columns_left > L ? 2 : 1);
    Size k0 = 0;
    do {   // once even where k is 0
      const Size depth = blocks ? min_size(kDepth, s.k - k0) : s.k;
      if (packs) pack_rows(e.a, k0, depth, row, end, packed);
      for (Size pair = first; pair < last; ++pair) columns(e, row, end, pair, k0, depth, packs ? packed : nullptr);
      k0 += depth;
    } while (k0 < s.k);
  }

  /// A row of C as dot products with rows of B^T, four at a time.
  template <int R> KR_INLINE void dots(const Entry& e, Size row, Size column) const {
    Vec<T, L> acc[2][1][R];
    begin_dots(acc);
    dot_add(acc, s.k, e.a + row * s.a_row, s.a_row, e.b + column * s.b_row, s.b_row);
    end_dots(acc, static_cast<const T*>(nullptr), e.c + row * s.c_row + column, s.c_row, e.offset + row * s.n + column, s.n, epilogue);
  }
  KR_INLINE void dot_rows(const Entry& e, Size row, Size end, Size column, Size last) const {
    KR_NO_UNROLL for (; row < end; ++row) {
      Size n = column;
      KR_NO_UNROLL for (; n + kDotColumns <= last; n += kDotColumns) dots<kDotColumns>(e, row, n);
      KR_NO_UNROLL for (; n < last; ++n) dots<1>(e, row, n);
    }
  }

  KR_INLINE void finish_columns(const Entry& e, Size row, Size end, Size pair, Size next) const {
    if (!kSame<Epilogue, NoEpilogue> || finish == nullptr) return;
    const Size column = pair * kColumns;
    finish(finished, e.c + row * s.c_row + column, s.c_row, e.offset + row * s.n + column, s.n, end - row, min_size(s.n, next * kColumns) - column);
  }

  /// Items first .. last - 1 of the grid [batch][blocks of rows][pairs of vectors].
  KR_ONE_COPY void items(const T* a, const T* b, T* c, Size first, Size last) const {
    const MatmulKernel self = *this;
    const Size blocks = ceil_div(s.m, kBlockRows), pairs = ceil_div(s.n, kColumns);
    for (Size i = first; i < last;) {
      const Entry e = self.entry(a, b, c, i / (blocks * pairs));
      const Size row = i / pairs % blocks * kBlockRows, end = min_size(s.m, row + kBlockRows);
      const Size pair = i % pairs, next = min_size(pairs, pair + last - i);
      if (TransposeB && !TransposeA && s.m < 4) {
        self.dot_rows(e, row, end, pair * kColumns, min_size(s.n, next * kColumns));
        self.finish_columns(e, row, end, pair, next);
      } else if (TransposeA) {
        self.block(e, row, end, pair, next);
        self.finish_columns(e, row, end, pair, next);
      } else {
        for (Size at = pair; at < next; ++at) {
          self.block(e, row, end, at, at + 1);
          self.finish_columns(e, row, end, at, at + 1);
        }
      }
      i += next - pair;
    }
  }

  KR_INLINE void run(const T* a, const T* b, T* c, Pool* pool) const {
    const Size count = s.outer * s.inner * ceil_div(s.m, kBlockRows) * ceil_div(s.n, kColumns);
    const bool alone = pool == nullptr || pool->threads <= 1 || s.outer * s.inner * s.m * s.n * s.k < kParallelWork;
    const Size chunks = alone ? 1 : min_size(pool->threads, count);
    parallel(pool, static_cast<int>(chunks), [&](int chunk) { items(a, b, c, count * chunk / chunks, count * (chunk + 1) / chunks); });
  }
};

/// c[o][i][m][n] = epilogue(sum over k of a[o][i][m][k] * b[o][i][k][n]), TransposeA: a[o][i][k][m], TransposeB: b[o][i][n][k]. c overlaps
/// neither a nor b. The epilogue's offsets index [outer][inner][m][n]. Needs 16 KB of stack (double under AVX-512: the same).
/// Apart: the epilogue runs over what the product has stored, block by block, and one compiled copy of the product serves all epilogues: a
/// quarter of the code where a model has many (training steps). Costs a load and a store of C: 5 % of a product of k = 64, 25 % of k = 10.
template <class T, bool TransposeB = false, class Epilogue = NoEpilogue, bool TransposeA = false, bool Apart = false>
KR_NOINLINE void matmul(const MatmulShape& shape, const T* a, const T* b, T* c, const Epilogue& epilogue = {}, Pool* pool = nullptr) {
  if constexpr (Apart && !kSame<Epilogue, NoEpilogue>) {
    MatmulKernel<T, TransposeB, NoEpilogue, TransposeA>{shape, NoEpilogue{}, finish_product<T, Epilogue>, &epilogue}.run(a, b, c, pool);
  } else {
    MatmulKernel<T, TransposeB, Epilogue, TransposeA>{shape, epilogue}.run(a, b, c, pool);
  }
}

KR_END_NAMESPACE
