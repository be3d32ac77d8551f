// Direct convolution, channels last, of one to three dimensions: no copy of the input, any stride, dilation and padding.
//
// Cost. 2 * outputs * K * F flops (K = taps * C), less what padding leaves out, at 88-95 % of the multiply-add peak where a row has
// at least 5 outputs (AVX2, SSE: 4) and F >= 32 (F = 16: 80 %; F <= 3: dot products, 30-50 %); rows of fewer outputs are gathered
// across rows and examples: 80 %, and padding is not left out. Activations are read once per 32 outputs, in bands that stay in L2;
// weights once per band of at least 128 pixels, so a layer is bound by memory only where one example has fewer pixels than that:
// then by K * F * sizeof(T) / bandwidth. 3x3 with stride 1 is up to 3 times faster in winograd.h.
// 1x1 kernels with stride 1, and kernels that cover the whole input, are dense.h's.
#pragma once
#include "keratin/runtime/conv_tile.h"
#include "keratin/runtime/dense.h"
#include "keratin/runtime/panel_grid.h"

KR_BEGIN_NAMESPACE

template <class T, class G, class Epilogue> struct ConvKernel {
  using Cols = Columns<G>;
  using Tiles = ColumnTiles<Cols>;
  ConvOperands<T> o;
  const Epilogue& epilogue;

  static constexpr Size kRowTaps = G::KW * G::C;   // weights of a kernel row, per output
  /// Few outputs per row, or edges wider than a tile: pixels are gathered through pointers.
  static constexpr bool kGather = !Tiles::kSimpleEdges || (G::OW < 4 && G::C >= 8);

  /// A tile of MR pixels of the output row at ow; vectors First and following of the panel.
  template <int MR, Size Place, int Width, int Real, int First = 0>
  KR_INLINE void tile(const OutputRow<G>& r, Size row, Size ow, Size column) const {
    constexpr int L = panel_lanes<T>(Width), kVectors = panel_vectors<T>(Width, Real);
    if constexpr (First < kVectors) {
      constexpr int NV = tile_vectors(MR, kVectors - First), kReal = Real - First * L < NV * L ? Real - First * L : NV * L;
      const Size c = column + First * L;
      Vec<T, L> acc[tile_chains(MR, NV)][MR][NV];
      begin_tile(acc, o.bias == nullptr ? nullptr : o.bias + c, kReal);
      const Size id = r.od * G::SD - G::PF, ih = r.oh * G::SH - G::PT;
      const Taps kd(id, G::D, G::KD, G::DD), kh(ih, G::H, G::KH, G::DH);
      KR_NO_UNROLL for (Size d = kd.first; d < kd.last; ++d) {
        KR_NO_UNROLL for (Size h = kh.first; h < kh.last; ++h) {
          const T* in = o.x + ((r.example * G::D + id + d * G::DD) * G::H + ih + h * G::DH) * G::W * G::XStride;
          add_taps<G, Cols, MR, Place, Width>(acc, in, ow, o.packed + column * G::K + First * L + (d * G::KH + h) * kRowTaps * Width);
        }
      }
      const Size pixel = row * G::OW + ow;
      end_tile(acc, o.y + pixel * G::YStride + c, G::YStride, pixel * o.n + o.column + c, o.n, kReal, epilogue);
      tile<MR, Place, Width, Real, First + NV>(r, row, ow, column);
    }
  }

  /// One output row: left edge, inner tiles, right edge.
  template <int Width, int Real> KR_INLINE void row_tiles(const OutputRow<G>& r, Size row, Size column) const {
    constexpr Size kCount = Tiles::count, kShort = Tiles::size, kLong = kShort + 1;
    constexpr bool kLeft = kCount == 1 || Cols::kFirstInner > 0, kRight = kCount > 1 && Cols::kLastInner < G::OW;
    if constexpr (kLeft) tile<static_cast<int>(Tiles::first_size), 0, Width, Real>(r, row, 0, column);
    Size ow = kLeft ? Tiles::first_size : 0;
    if constexpr (Tiles::longer > (kLeft ? 1 : 0)) {
      KR_NO_UNROLL for (; ow < Tiles::longer * kLong; ow += kLong) {
        tile<static_cast<int>(kLong), kInner, Width, Real>(r, row, ow, column);
      }
    }
    constexpr Size kEnd = kRight ? G::OW - kShort : G::OW;
    if constexpr (kEnd > (kLeft ? max_size(Tiles::first_size, Tiles::longer * kLong) : Tiles::longer * kLong)) {
      KR_NO_UNROLL for (; ow < kEnd; ow += kShort) tile<static_cast<int>(kShort), kInner, Width, Real>(r, row, ow, column);
    }
    if constexpr (kRight) tile<static_cast<int>(kShort), kEnd, Width, Real>(r, row, kEnd, column);
  }

  /// MR pixels from `pixel` on, wherever they lie: rows through pointers.
  template <int MR, int Width, int Real, int First = 0> KR_INLINE void gather_tile(Size pixel, Size column) const {
    constexpr int L = panel_lanes<T>(Width), kVectors = panel_vectors<T>(Width, Real);
    if constexpr (First < kVectors) {
      constexpr int NV = kVectors - First < 2 ? 1 : 2, kReal = Real - First * L < NV * L ? Real - First * L : NV * L;
      const Size c = column + First * L;
      Size d0[MR], h0[MR], w0[MR], base[MR];
      for (int i = 0; i < MR; ++i) {
        const Size row = (pixel + i) / G::OW;
        const OutputRow<G> r(row);
        d0[i] = r.od * G::SD - G::PF;
        h0[i] = r.oh * G::SH - G::PT;
        w0[i] = (pixel + i) % G::OW * G::SW - G::PL;
        base[i] = ((r.example * G::D + d0[i]) * G::H + h0[i]) * G::W + w0[i];
      }
      Vec<T, L> acc[1][MR][NV];
      begin_tile(acc, o.bias == nullptr ? nullptr : o.bias + c, kReal);
      const T* w = o.packed + column * G::K + First * L;
      KR_NO_UNROLL for (Size d = 0; d < G::KD; ++d) {
        KR_NO_UNROLL for (Size h = 0; h < G::KH; ++h) {
          KR_NO_UNROLL for (Size v = 0; v < G::KW; ++v, w += G::C * Width) {
            const T* rows[MR];
            bool any = false;
            KR_UNROLL for (int i = 0; i < MR; ++i) {
              const Size id = d0[i] + d * G::DD, ih = h0[i] + h * G::DH, iw = w0[i] + v * G::DW;
              const bool inside = id >= 0 && id < G::D && ih >= 0 && ih < G::H && iw >= 0 && iw < G::W;
              rows[i] = inside ? o.x + (base[i] + (d * G::DD * G::H + h * G::DH) * G::W + v * G::DW) * G::XStride : kZeroPixel<T, G::C>;
              any |= inside;
            }
            if (any) multiply_add_pointers(acc, G::C, rows, w, Width);
          }
        }
      }
      end_tile(acc, o.y + pixel * G::YStride + c, G::YStride, pixel * o.n + o.column + c, o.n, kReal, epilogue);
      gather_tile<MR, Width, Real, First + NV>(pixel, column);
    }
  }
  template <int Width, int Real> KR_INLINE void gather_pixels(Size pixel, Size end, Size column) const {
    KR_NO_UNROLL for (; pixel + kTileRows <= end; pixel += kTileRows) gather_tile<kTileRows, Width, Real>(pixel, column);
    if (pixel + 4 <= end) {
      gather_tile<4, Width, Real>(pixel, column);
      pixel += 4;
    }
    KR_NO_UNROLL for (; pixel < end; ++pixel) gather_tile<1, Width, Real>(pixel, column);
  }

  /// MR pixels of a row as dot products with R columns of weights; taps first .. last - 1 of each kernel row.
  template <int MR, int R> KR_INLINE void dots(const OutputRow<G>& r, Size row, Size ow, Size column) const {
    constexpr bool kRun = Cols::kContiguous;
    constexpr Size kSegment = kRun ? kRowTaps : G::C;
    Vec<T, kLanes<T>> acc[dot_chains<T>(MR * R, kSegment)][MR][R];
    begin_dots(acc);
    const Size id = r.od * G::SD - G::PF, ih = r.oh * G::SH - G::PT, iw = ow * G::SW - G::PL;
    const Taps kd(id, G::D, G::KD, G::DD), kh(ih, G::H, G::KH, G::DH), kw(iw, G::W, G::KW, G::DW);
    KR_NO_UNROLL for (Size d = kd.first; d < kd.last; ++d) {
      KR_NO_UNROLL for (Size h = kh.first; h < kh.last; ++h) {
        const T* in = o.x + ((r.example * G::D + id + d * G::DD) * G::H + ih + h * G::DH) * G::W * G::XStride;
        const T* w = o.packed + column * G::K + (d * G::KH + h) * kRowTaps;
        KR_NO_UNROLL for (Size v = kw.first; v < kw.last; v += kRun ? G::KW : 1) {
          const Size k = kRun ? (kw.last - kw.first) * G::C : G::C;
          dot_add(acc, k, in + (iw + v * G::DW) * G::XStride, G::SW * G::XStride, w + v * G::C, G::K);
        }
      }
    }
    const Size pixel = row * G::OW + ow, c = o.column + column;
    end_dots(acc, o.bias == nullptr ? nullptr : o.bias + column, o.y + pixel * G::YStride + column, G::YStride, pixel * o.n + c, o.n,
             epilogue);
  }
  template <int R> KR_INLINE void row_dots(const OutputRow<G>& r, Size row, Size column) const {
    Size ow = 0;
    KR_NO_UNROLL for (; ow < G::OW;) {   // four outputs at a time where all have the same taps
      const bool inner = ow >= Cols::kFirstInner && ow + 4 <= Cols::kLastInner;
      if (inner) dots<4, R>(r, row, ow, column);
      else dots<1, R>(r, row, ow, column);
      ow += inner ? 4 : 1;
    }
  }

  /// Output rows first .. last - 1 (of all examples) of the panel at `column`.
  template <int Width, int Real> KR_ONE_COPY void panel(Size first, Size last, Size column) const {
    const ConvKernel self = *this;   // a copy: stores to y cannot change it
    if constexpr (Width > 1 && kGather) {
      self.template gather_pixels<Width, Real>(first * G::OW, last * G::OW, column);
    } else {
      OutputRow<G> r(first);
      KR_NO_UNROLL for (Size row = first; row < last; ++row, r.next()) {
        if constexpr (Width == 1) self.template row_dots<Real>(r, row, column);
        else self.template row_tiles<Width, Real>(r, row, column);
      }
    }
  }
  /// Output rows worked off together, panel after panel: at least 128 pixels, up to 256 KB of input.
  static constexpr Size kBandRows = max_size(ceil_div(128, G::OW), 262144 / (G::SH * G::W * G::XStride * static_cast<Size>(sizeof(T))));

  KR_INLINE void run(Size examples, Pool* pool) const {
    // Gathered tiles run across rows: bands begin where a tile does, so that tiles are the same for any number of bands.
    const Size rows = examples * G::OD * G::OH, unit = kGather ? kTileRows : 1;
    PanelGrid<G::F>::run(*this, rows, kBandRows, unit, rows * G::OW * G::K * G::F, pool);
  }
};

/// Whether a convolution is a matrix product over pixels, or over examples.
template <class G>
inline constexpr bool kPointwise = G::KD * G::KH * G::KW == 1 && G::SD * G::SH * G::SW == 1 &&
                                   G::PF + G::PK + G::PT + G::PB + G::PL + G::PR == 0;
template <class G>
inline constexpr bool kWholeInput = G::OD * G::OH * G::OW == 1 && G::KD == G::D && G::KH == G::H && G::KW == G::W &&
                                    G::PF + G::PK + G::PT + G::PB + G::PL + G::PR == 0 && G::XStride == G::C;

/// Keras Conv1D, Conv2D, Conv3D, channels last, G = Conv2d<...> (conv_geometry.h): for all examples, output pixels and f < F
///   y[pixel][f] = epilogue(bias[f] + sum over taps and c of x[...][c] * kernel[kd][kh][kw][c][f]).
/// x: n * D * H * W pixels G::XStride apart. packed: the kernel as matrix [KD * KH * KW * C][F] in panels (panels.h). bias: F values
/// or nullptr. y: n * OD * OH * OW pixels G::YStride apart; it must not overlap x. The epilogue's offsets index [pixels][F].
template <class T, class G, class Epilogue = NoEpilogue>
KR_NOINLINE void conv2d(Size n, const T* x, const T* packed, const T* bias, T* y, const Epilogue& epilogue = {}, Pool* pool = nullptr) {
  static_assert(G::YStride >= G::F);
  if constexpr (kPointwise<G>) {
    dense<T, G::C, G::F, Epilogue, G::XStride, G::YStride>(n * G::D * G::H * G::W, x, packed, bias, y, epilogue, pool);
  } else if constexpr (kWholeInput<G>) {
    dense<T, G::K, G::F, Epilogue, G::K, G::YStride>(n, x, packed, bias, y, epilogue, pool);
  } else {
    ConvKernel<T, G, Epilogue>{{x, packed, bias, y, G::F, 0}, epilogue}.run(n, pool);
  }
}
template <class T, class G, class Epilogue = NoEpilogue>
KR_INLINE void conv3d(Size n, const T* x, const T* packed, const T* bias, T* y, const Epilogue& epilogue = {}, Pool* pool = nullptr) {
  conv2d<T, G>(n, x, packed, bias, y, epilogue, pool);
}

/// Convolution in Groups groups: G describes one of them (C and F channels), with XStride >= Groups * C and YStride >= Groups * F.
/// packed: the groups' matrices [K][F], packed one after another, packed_size(K, F) each. bias: Groups * F values or nullptr. The
/// epilogue's offsets index [pixels][Groups * F].
template <class T, class G, int Groups, class Epilogue = NoEpilogue>
KR_NOINLINE void conv2d_grouped(Size n, const T* x, const T* packed, const T* bias, T* y, const Epilogue& epilogue = {},
                                Pool* pool = nullptr) {
  static_assert(G::XStride >= Groups * G::C && G::YStride >= Groups * G::F);
  KR_NO_UNROLL for (Size g = 0; g < Groups; ++g) {
    const ConvOperands<T> group{x + g * G::C, packed + g * packed_size(G::K, G::F), bias == nullptr ? nullptr : bias + g * G::F,
                                y + g * G::F, Groups * G::F, g * G::F};
    ConvKernel<T, G, Epilogue>{group, epilogue}.run(n, pool);
  }
}

KR_END_NAMESPACE
