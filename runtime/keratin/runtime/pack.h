// Weights brought into the order in which kernels read them (panels.h, recurrent.h) while a program runs: for weights that change from
// step to step. Weights that do not are packed by the compiler.
// Cost: a read and a write of the weights; columns that lie apart (a transposed matrix) go through squares of vectors.
#pragma once
#include "keratin/runtime/panels.h"
#include "keratin/runtime/pool.h"
#include "keratin/runtime/recurrent.h"
#include "keratin/runtime/tile.h"
#include "keratin/runtime/transpose.h"

KR_BEGIN_NAMESPACE

/// A matrix of outer * k rows and n columns; strides in elements. Fast where rows (n_stride 1) or columns (k_stride 1) are contiguous.
struct PackShape {
  Size outer, k, n;
  Size outer_stride, k_stride, n_stride;
};

template <class T> struct PanelPacking {
  static constexpr int L = kLanes<T>;
  PackShape s;
  const T* w;
  T* packed;

  /// Rows of one panel: `real` columns from `column` on, zeros up to `width`.
  KR_INLINE void rows(Size column, Size width, Size real) const {
    T* to = packed + column * s.outer * s.k;
    KR_NO_UNROLL for (Size o = 0; o < s.outer; ++o) {
      const T* from = w + o * s.outer_stride + column * s.n_stride;
      KR_NO_UNROLL for (Size k = 0; k < s.k; ++k, from += s.k_stride, to += width) {
        Size j = 0;
        if (s.n_stride == 1) {
          for (; j + L <= real; j += L) store(to + j, load<L>(from + j));
        }
        for (; j < real; ++j) to[j] = from[j * s.n_stride];
        for (; j < width; ++j) to[j] = T(0);
      }
    }
  }

  /// The same where columns are contiguous: squares of L rows and L columns.
  KR_INLINE void columns(Size column, Size width, Size real) const {
    T* panel = packed + column * s.outer * s.k;
    KR_NO_UNROLL for (Size o = 0; o < s.outer; ++o) {
      KR_NO_UNROLL for (Size k = 0; k < s.k; k += L) {
        const Size steps = min_size(L, s.k - k);
        KR_NO_UNROLL for (Size j = 0; j < width; j += L) {
          const Size count = min_size(L, real - j), lanes = min_size(L, width - j);
          const T* from = w + o * s.outer_stride + (column + j) * s.n_stride + k;
          Vec<T, L> square[L];
          KR_UNROLL for (int i = 0; i < L; ++i) square[i] = i < count ? load_lanes<L>(from + i * s.n_stride, steps) : Vec<T, L>{};
          transpose(square);
          T* to = panel + (o * s.k + k) * width + j;
          KR_UNROLL for (int i = 0; i < L; ++i) {
            if (i < steps) store_lanes(to + i * width, square[i], lanes);
          }
        }
      }
    }
  }
  /// A single column, contiguous in the result.
  KR_INLINE void single(Size column) const {
    T* to = packed + column * s.outer * s.k;
    for (Size o = 0; o < s.outer; ++o) {
      const T* from = w + o * s.outer_stride + column * s.n_stride;
      for (Size k = 0; k < s.k; ++k) *to++ = from[k * s.k_stride];
    }
  }
  KR_ONE_COPY void panel(Size column) const {
    const PanelPacking self = *this;   // a copy: stores cannot change it
    const Size width = panel_width(s.n - column), real = min_size(width, s.n - column);
    if (width == 1) self.single(column);
    else if (s.k_stride == 1 && s.n_stride != 1) self.columns(column, width, real);
    else self.rows(column, width, real);
  }
};

/// packed: packed_size(outer * k, n) elements, the matrix w[o * outer_stride + k * k_stride + n * n_stride] in panels (panels.h); the rows
/// are (o, k). Overlaps w nowhere.
template <class T> KR_NOINLINE void pack_panels(const PackShape& shape, const T* w, T* packed, Pool* pool = nullptr) {
  const PanelPacking<T> packing{shape, w, packed};
  Size panels = shape.n / 32;   // and what is left as one item
  const Size rest = panels * 32;
  if (rest < shape.n) ++panels;
  const bool alone = pool == nullptr || pool->threads <= 1 || shape.outer * shape.k * shape.n < 16384;
  const Size chunks = alone ? 1 : min_size(pool->threads, panels);
  parallel(pool, static_cast<int>(chunks), [&](int chunk) {
    for (Size p = panels * chunk / chunks; p < panels * (chunk + 1) / chunks; ++p) {
      if (p * 32 < rest) packing.panel(p * 32);
      else for (Size column = rest; column < shape.n; column += panel_width(shape.n - column)) packing.panel(column);
    }
  });
}

/// The columns of a matrix [rows][gates * units], rows ldw apart, in the order of gates (recurrent.h): [rows][gate_columns(units, gates)], zeros in
/// padding.
template <class T> KR_NOINLINE void pack_gate_columns(Size rows, int units, int gates, const T* w, Size ldw, T* packed) {
  const Size columns = gate_columns(units, gates);
  for (Size r = 0; r < rows; ++r, w += ldw, packed += columns) {
    for (Size i = 0; i < columns; ++i) packed[i] = T(0);
    for (int gate = 0; gate < gates; ++gate) {
      for (int unit = 0; unit < units; ++unit) packed[gate_column(units, gates, gate, unit)] = w[static_cast<Size>(gate) * units + unit];
    }
  }
}

/// Recurrent weights [units][gates * units], rows ldw apart, in panels of units (recurrent.h): recurrent_size(units, gates) elements.
template <class T> KR_NOINLINE void pack_recurrent(int units, int gates, const T* w, Size ldw, T* packed) {
  const Size size = recurrent_size(units, gates);
  for (Size i = 0; i < size; ++i) packed[i] = T(0);
  for (int k = 0; k < units; ++k, w += ldw) {
    for (int gate = 0; gate < gates; ++gate) {
      for (int first = 0; first < units; first += kUnitPanel) {
        T* to = packed + recurrent_index(units, gates, k, gate, first);
        const int count = units - first < kUnitPanel ? units - first : kUnitPanel;
        for (int unit = 0; unit < count; ++unit) to[unit] = w[static_cast<Size>(gate) * units + first + unit];
      }
    }
  }
}

KR_END_NAMESPACE
