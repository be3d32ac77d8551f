// Register tiles of direct convolutions: MR neighbouring outputs of one row by the vectors of a panel. No padded copy of the input is
// made: taps above and below are left out of the loop over kernel rows; tiles at the left and right edge, whose place is known to the
// compiler, leave out the taps of single columns; what is more irregular takes its rows through pointers, zeros where outside.
#pragma once
#include "keratin/runtime/conv_geometry.h"
#include "keratin/runtime/dot.h"
#include "keratin/runtime/panels.h"
#include "keratin/runtime/tile.h"

KR_BEGIN_NAMESPACE

/// How a tile's columns map to the input: output i of a row reads input columns i * Step - Pad + kw * G::DW.
template <class G, Size Step_ = G::SW, Size Pad_ = G::PL, Size Count_ = G::OW> struct Columns {
  static constexpr Size Step = Step_, Pad = Pad_, Count = Count_;
  /// Outputs first .. last - 1 have all their taps inside.
  static constexpr Size kFirstInner = min_size(Count, max_size(0, ceil_div(Pad, Step)));
  static constexpr Size kLastInner =
      max_size(kFirstInner, G::W - 1 + Pad < (G::KW - 1) * G::DW ? 0 : min_size(Count, (G::W - 1 + Pad - (G::KW - 1) * G::DW) / Step + 1));
  static constexpr bool kContiguous = G::XStride == G::C && G::DW == 1;   // a row of taps is one run of memory
};

inline constexpr Size kInner = -1;   // a tile's place: anywhere between the edges

/// A row of output pixels cut into tiles: `count` of `size` or, the first `longer`, size + 1.
template <class Cols, Size kMost = kVectorRegisters == 32 ? 10 : 6, Size kLeast = kVectorRegisters == 32 ? 5 : 4> struct ColumnTiles {
  static constexpr Size choose() {
    const Size fewest = ceil_div(Cols::Count, kMost);
    for (Size count = fewest; Cols::Count / count >= kLeast; ++count) {
      if (Cols::Count % count == 0) return count;
    }
    return fewest;
  }
  static constexpr Size count = choose(), size = Cols::Count / count, longer = Cols::Count % count;
  static constexpr Size first_size = size + (longer > 0);
  /// Edges lie inside the first and the last tile: those two are compiled for their place.
  static constexpr bool kSimpleEdges = count == 1 || (Cols::kFirstInner <= first_size && Cols::kLastInner >= Cols::Count - size);
};

template <class G, class Cols, int MR, Size Place> constexpr Inside tap_inside(Size kw) {
  return Inside(Place * Cols::Step - Cols::Pad + kw * G::DW, G::W, Cols::Step, MR);
}
/// End of the taps from kw on that all MR outputs have: neighbours in memory are one run.
template <class G, class Cols, int MR, Size Place> constexpr Size end_of_run(Size kw) {
  do ++kw;
  while (Cols::kContiguous && kw < G::KW && tap_inside<G, Cols, MR, Place>(kw).length() == MR);
  return kw;
}

/// Adds the taps from Kw on of one kernel row to a tile at output column ow: `row` = input row, `w` = the kernel row's weights.
template <class G, class Cols, int MR, Size Place, int Width, Size Kw = 0, class T, class V, int U, int NV>
KR_INLINE void add_taps(V (&acc)[U][MR][NV], const T* row, Size ow, const T* w) {
  constexpr Size kStep = Cols::Step * G::XStride;
  if constexpr (Place == kInner) {
    const T* a = row + (ow * Cols::Step - Cols::Pad) * G::XStride;
    if constexpr (Cols::kContiguous) {
      multiply_add(acc, G::KW * G::C, a, kStep, w, Width);
    } else {
      KR_NO_UNROLL for (Size kw = 0; kw < G::KW; ++kw) {
        multiply_add(acc, G::C, a + kw * G::DW * G::XStride, kStep, w + kw * G::C * Width, Width);
      }
    }
  } else if constexpr (Kw < G::KW) {
    constexpr Inside kInside = tap_inside<G, Cols, MR, Place>(Kw);
    constexpr bool kAll = kInside.length() == MR;
    constexpr Size kEnd = kAll ? end_of_run<G, Cols, MR, Place>(Kw) : Kw + 1;
    const T* a = row + ((Place + kInside.first) * Cols::Step - Cols::Pad + Kw * G::DW) * G::XStride;
    if constexpr (kAll) {
      multiply_add(acc, (kEnd - Kw) * G::C, a, kStep, w + Kw * G::C * Width, Width);
    } else if constexpr (kInside.length() > 0) {
      constexpr int kFirst = static_cast<int>(kInside.first), kCount = static_cast<int>(kInside.length());
      multiply_add_rows<kFirst, kCount>(acc, G::C, a, kStep, w + Kw * G::C * Width, Width);
    }
    add_taps<G, Cols, MR, Place, Width, kEnd>(acc, row, ow, w);
  }
}

/// Adds `k` products for a tile whose rows lie behind pointers.
template <class T, class V, int U, int MR, int NV>
KR_INLINE void multiply_add_pointers(V (&acc)[U][MR][NV], Size k, const T* const (&rows)[MR], const T* __restrict b, Size ldb) {
  constexpr int L = kLanesOf<V>;
  KR_NO_UNROLL for (Size n = 0; n < k; ++n, b += ldb) {
    V bv[NV];
    KR_UNROLL for (int j = 0; j < NV; ++j) {
      bv[j] = load<L>(b + j * L);
      if constexpr (MR > 1) KR_PIN(bv[j]);
    }
    KR_UNROLL for (int i = 0; i < MR; ++i) {
      KR_UNROLL for (int j = 0; j < NV; ++j) acc[0][i][j] += rows[i][n] * bv[j];
    }
  }
}

/// What taps outside the input read.
template <class T, Size C> inline constexpr T kZeroPixel[C] = {};

/// A convolution's operands. `n` outputs per pixel in the logical output, this kernel's begin at `column` (groups).
template <class T> struct ConvOperands {
  const T* x;
  const T* packed;
  const T* bias;   // F values or nullptr
  T* y;
  Size n, column;
};

KR_END_NAMESPACE
