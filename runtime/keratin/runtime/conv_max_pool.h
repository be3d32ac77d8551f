// Convolution and max pooling in one pass, for small networks: the outputs of the convolution are compared in registers and never
// stored, and those that no window reads are never computed.
//
// Cost. As conv2d.h for the outputs that windows read, less the store and load of the convolution's output (OH * OW * F elements
// written and read): 15-20 % of a small network's time. The tile is at most six windows wide, 3-5 % slower than conv2d's on
// AVX-512. Not worth while where winograd.h applies and its saving is larger, nor for more than about 256 KB of weights.
#pragma once
#include "keratin/runtime/conv_tile.h"
#include "keratin/runtime/panel_grid.h"

KR_BEGIN_NAMESPACE

/// Windows of PH x PW outputs, PSH and PSW apart, none outside the convolution's output (Keras MaxPooling2D, padding valid).
template <int PH_, int PW_, int PSH_ = PH_, int PSW_ = PW_> struct MaxWindow {
  static constexpr Size PH = PH_, PW = PW_, PSH = PSH_, PSW = PSW_;
  static_assert(PH >= 1 && PW >= 1 && PSH >= PH && PSW >= PW, "overlapping windows would compute outputs twice");
};

/// Columns of windows: window i of a row, cell dx, reads the input columns of convolution output i * PSW + dx.
template <class G, class P> struct WindowColumns {
  static constexpr Size Count = G::OW < P::PW ? 0 : (G::OW - P::PW) / P::PSW + 1;
  template <Size Dx> using Cell = Columns<G, P::PSW * G::SW, G::PL - Dx * G::SW, Count>;
  static constexpr Size kFirstInner = Cell<0>::kFirstInner, kLastInner = Cell<P::PW - 1>::kLastInner;
};

/// Whether conv2d_max_pool takes this shape: edges within a tile, no single columns at the end of the panels.
template <class G, class P> constexpr bool fuses_max_pool() {
  using Cols = WindowColumns<G, P>;
  constexpr Size kRest = G::F % 32;
  constexpr bool kSingles = kRest < 20 && kRest % 16 >= 1 && kRest % 16 <= 3;
  if constexpr (G::D != 1 || G::KD != 1 || Cols::Count < 1 || G::OH < P::PH || kSingles) return false;
  else return ColumnTiles<Cols, 6, 4>::kSimpleEdges;
}

template <class T, class G, class P, class Epilogue> struct ConvMaxPoolKernel {
  using Cols = WindowColumns<G, P>;
  using Tiles = ColumnTiles<Cols, 6, 4>;
  static constexpr Size kHigh = (G::OH - P::PH) / P::PSH + 1, kWide = Cols::Count;

  ConvOperands<T> o;   // o.n is F
  const Epilogue& epilogue;

  /// One cell of MR windows: acc = the convolution's outputs (oh, ow + i * PSW), where ow = window * PSW + Dx.
  template <Size Dx, int MR, Size Place, int Width, class V, int U, int NV>
  KR_INLINE void convolve(V (&acc)[U][MR][NV], Size example, Size oh, Size window, const T* w) const {
    using Cell = typename Cols::template Cell<Dx>;
    const Size ih = oh * G::SH - G::PT;
    const Taps kh(ih, G::H, G::KH, G::DH);
    KR_NO_UNROLL for (Size h = kh.first; h < kh.last; ++h) {
      const T* in = o.x + (example * G::H + ih + h * G::DH) * G::W * G::XStride;
      add_taps<G, Cell, MR, Place, Width>(acc, in, window, w + h * G::KW * G::C * Width);
    }
  }
  template <Size Dx, int MR, Size Place, int Width, class V, int U, int NV>
  KR_INLINE void cell(V (&best)[MR][NV], Size example, Size oh, Size window, const T* w, Size c, int real) const {
    V acc[U][MR][NV];
    begin_tile(acc, o.bias == nullptr ? nullptr : o.bias + c, real);
    convolve<Dx, MR, Place, Width>(acc, example, oh, window, w);
    const Size offset = ((example * G::OH + oh) * G::OW + window * P::PSW + Dx) * G::F + c;
    KR_UNROLL for (int i = 0; i < MR; ++i) {
      KR_UNROLL for (int j = 0; j < NV; ++j) {
        KR_UNROLL for (int half = U / 2; half > 0; half /= 2) {
          KR_UNROLL for (int u = 0; u < half; ++u) acc[u][i][j] += acc[u + half][i][j];
        }
        constexpr int L = kLanesOf<V>;
        const int lanes = real - j * L < L ? real - j * L : L;
        best[i][j] = max_nan(best[i][j], epilogue(acc[0][i][j], offset + i * P::PSW * G::F + j * L, lanes));
      }
    }
  }
  template <Size Dx, int MR, Size Place, int Width, int U, class V, int NV>
  KR_INLINE void cells(V (&best)[MR][NV], Size example, Size oh, Size window, const T* w, Size c, int real) const {
    if constexpr (Dx < P::PW) {
      cell<Dx, MR, Place, Width, V, U, NV>(best, example, oh, window, w, c, real);
      cells<Dx + 1, MR, Place, Width, U>(best, example, oh, window, w, c, real);
    }
  }

  /// MR windows of a row of windows, from `window` on.
  template <int MR, Size Place, int Width, int Real, int First = 0>
  KR_INLINE void tile(Size example, Size row, Size window, Size column) const {
    constexpr int L = panel_lanes<T>(Width), kVectors = panel_vectors<T>(Width, Real);
    if constexpr (First < kVectors) {
      constexpr int NV = kVectors - First < 2 ? 1 : 2, kReal = Real - First * L < NV * L ? Real - First * L : NV * L;
      const Size c = column + First * L;
      const T* w = o.packed + column * G::K + First * L;
      Vec<T, L> best[1][MR][NV];
      KR_UNROLL for (int i = 0; i < MR; ++i) {
        KR_UNROLL for (int j = 0; j < NV; ++j) best[0][i][j] = Vec<T, L>{} - static_cast<T>(__builtin_inff());
      }
      KR_NO_UNROLL for (Size dy = 0; dy < P::PH; ++dy) {
        cells<0, MR, Place, Width, tile_chains(MR, NV)>(best[0], example, row * P::PSH + dy, window, w, c, kReal);
      }
      const Size at = (example * kHigh + row) * kWide + window;
      end_tile(best, o.y + at * G::YStride + c, G::YStride, 0, 0, kReal, NoEpilogue{});
      tile<MR, Place, Width, Real, First + NV>(example, row, window, column);
    }
  }
  template <int Width, int Real> KR_INLINE void row_tiles(Size example, Size row, Size column) const {
    constexpr Size kCount = Tiles::count, kShort = Tiles::size, kLong = kShort + 1;
    constexpr bool kLeft = kCount == 1 || Cols::kFirstInner > 0, kRight = kCount > 1 && Cols::kLastInner < kWide;
    if constexpr (kLeft) tile<static_cast<int>(Tiles::first_size), 0, Width, Real>(example, row, 0, column);
    Size window = kLeft ? Tiles::first_size : 0;
    if constexpr (Tiles::longer > (kLeft ? 1 : 0)) {
      KR_NO_UNROLL for (; window < Tiles::longer * kLong; window += kLong) {
        tile<static_cast<int>(kLong), kInner, Width, Real>(example, row, window, column);
      }
    }
    constexpr Size kEnd = kRight ? kWide - kShort : kWide, kBegin = max_size(kLeft ? Tiles::first_size : 0, Tiles::longer * kLong);
    if constexpr (kEnd > kBegin) {
      KR_NO_UNROLL for (; window < kEnd; window += kShort) {
        tile<static_cast<int>(kShort), kInner, Width, Real>(example, row, window, column);
      }
    }
    if constexpr (kRight) tile<static_cast<int>(kShort), kEnd, Width, Real>(example, row, kEnd, column);
  }
  template <int Width, int Real> KR_ONE_COPY void panel(Size first, Size last, Size column) const {
    const ConvMaxPoolKernel self = *this;   // a copy: stores to y cannot change it
    KR_NO_UNROLL for (Size row = first; row < last; ++row) {
      self.template row_tiles<Width, Real>(row / kHigh, row % kHigh, column);
    }
  }

  static constexpr Size kBandRows =
      max_size(ceil_div(128, kWide * P::PH * P::PW), 262144 / (P::PSH * G::SH * G::W * G::XStride * static_cast<Size>(sizeof(T))));
  KR_INLINE void run(Size examples, Pool* pool) const {
    PanelGrid<G::F>::run(*this, examples * kHigh, kBandRows, 1, examples * kHigh * kWide * P::PH * P::PW * G::K * G::F, pool);
  }
};

/// max over the windows P = MaxWindow<...> of epilogue(conv2d(x)): operands as in conv2d.h, y: n * POH * POW pixels G::YStride apart,
/// POH = (OH - PH) / PSH + 1. The epilogue's offsets index the convolution's output [n * OH * OW][F]. NaN propagates. Only for
/// shapes with fuses_max_pool<G, P>().
template <class T, class G, class P, class Epilogue = NoEpilogue>
KR_NOINLINE void conv2d_max_pool(Size n, const T* x, const T* packed, const T* bias, T* y, const Epilogue& epilogue = {},
                                 Pool* pool = nullptr) {
  static_assert(fuses_max_pool<G, P>(), "this convolution and max pooling do not fuse: call conv2d and pool2d");
  ConvMaxPoolKernel<T, G, P, Epilogue>{{x, packed, bias, y, G::F, 0}, epilogue}.run(n, pool);
}

KR_END_NAMESPACE
