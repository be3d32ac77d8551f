// Transposed convolution (the input gradient of a convolution), channels last, one to three dimensions: every output gathers
// what reaches it, so nothing is accumulated in memory and bias and epilogue apply once.
//
// Cost. Outputs fall into SH * SW phases that use different taps: 2 * outputs * K * F / (SH * SW) flops, K = taps * C, at 80-90 % of
// the multiply-add peak where a phase's row has 5 or more outputs and C, F >= 32; taps outside the image are left out by rows and
// multiplied with zeros in the tiles at the left and right edge. Weights are read once per output row, so small images with many
// channels are bound by K * F * sizeof(T) * rows / bandwidth.
#pragma once
#include "keratin/runtime/conv_tile.h"
#include "keratin/runtime/panel_grid.h"

KR_BEGIN_NAMESPACE

/// Input [n][D][H][W] pixels of C channels, XStride apart; output [n][OD][OH][OW] pixels of F channels, YStride apart. Input (id, ih,
/// iw) and tap (kd, kh, kw) add to output (id * SD + kd * DD - PF, ih * SH + kh * DH - PT, iw * SW + kw * DW - PL) where that exists:
/// PF, PT and PL are the padding before of the convolution whose gradient this is.
template <int D_, int H_, int W_, int C_, int F_, int KD_, int KH_, int KW_, int OD_, int OH_, int OW_, int SD_ = 1, int SH_ = 1,
          int SW_ = 1, int DD_ = 1, int DH_ = 1, int DW_ = 1, int PF_ = 0, int PT_ = 0, int PL_ = 0, int XStride_ = C_, int YStride_ = F_>
struct ConvTranspose3d {
  static constexpr Size D = D_, H = H_, W = W_, C = C_, F = F_, KD = KD_, KH = KH_, KW = KW_, OD = OD_, OH = OH_, OW = OW_;
  static constexpr Size SD = SD_, SH = SH_, SW = SW_, DD = DD_, DH = DH_, DW = DW_, PF = PF_, PT = PT_, PL = PL_;
  static constexpr Size XStride = XStride_, YStride = YStride_, K = KD * KH * KW * C;
  static_assert(D >= 1 && H >= 1 && W >= 1 && C >= 1 && F >= 1 && KD >= 1 && KH >= 1 && KW >= 1 && OD >= 1 && OH >= 1 && OW >= 1);
  static_assert(SD >= 1 && SH >= 1 && SW >= 1 && DD >= 1 && DH >= 1 && DW >= 1 && PF >= 0 && PT >= 0 && PL >= 0);
  static_assert(XStride >= C && YStride >= F);
};
template <int H, int W, int C, int F, int KH, int KW, int OH, int OW, int SH = 1, int SW = 1, int DH = 1, int DW = 1, int PT = 0,
          int PL = 0, int XStride = C, int YStride = F>
struct ConvTranspose2d : ConvTranspose3d<1, H, W, C, F, 1, KH, KW, 1, OH, OW, 1, SH, SW, 1, DH, DW, 0, PT, PL, XStride, YStride> {};

template <class T, class G, class Epilogue> struct ConvTransposeKernel {
  ConvOperands<T> o;
  const Epilogue& epilogue;

  static constexpr int kRows = kVectorRegisters == 32 ? 8 : 6;
  /// Outputs of a row in one phase: columns `phase`, phase + SW, ...
  static constexpr Size phase_columns(Size phase) { return phase < G::OW ? (G::OW - 1 - phase) / G::SW + 1 : 0; }
  static constexpr Size kMostColumns = phase_columns(0);
  static constexpr int kTile = static_cast<int>(ceil_div(kMostColumns, ceil_div(kMostColumns, kRows)));

  /// The input index that a tap takes for an output index, or -1 where there is none.
  static KR_INLINE Size input_index(Size out, Size pad, Size tap, Size dilation, Size stride, Size size) {
    const Size at = out + pad - tap * dilation;
    return at >= 0 && at % stride == 0 && at / stride < size ? at / stride : -1;
  }

  /// An output row: its number, and where in the image it lies.
  struct Row {
    Size row, example, od, oh;
    explicit KR_INLINE Row(Size r) : row(r), example(r / (G::OD * G::OH)), od(r / G::OH % G::OD), oh(r % G::OH) {}
  };
  /// Calls body(first pixel of an input row, weights of its taps) for every kernel row that reaches output row r.
  template <class Body> KR_INLINE void kernel_rows(const Row& r, Body&& body) const {
    KR_NO_UNROLL for (Size kd = 0; kd < G::KD; ++kd) {
      const Size id = input_index(r.od, G::PF, kd, G::DD, G::SD, G::D);
      if (id < 0) continue;
      KR_NO_UNROLL for (Size kh = 0; kh < G::KH; ++kh) {
        const Size ih = input_index(r.oh, G::PT, kh, G::DH, G::SH, G::H);
        if (ih < 0) continue;
        body(o.x + ((r.example * G::D + id) * G::H + ih) * G::W * G::XStride, (kd * G::KH + kh) * G::KW * G::C);
      }
    }
  }

  /// MR outputs of row r, columns ow, ow + SW, ...; Edge: taps outside take zeros.
  template <int MR, bool Edge, int Width, int Real, int First = 0>
  KR_INLINE void tile(const Row& r, Size ow, Size column) const {
    constexpr int L = panel_lanes<T>(Width), kVectors = panel_vectors<T>(Width, Real);
    if constexpr (First < kVectors) {
      constexpr int NV = kVectors - First < 2 ? 1 : 2, kReal = Real - First * L < NV * L ? Real - First * L : NV * L;
      constexpr int U = Edge ? 1 : tile_chains(MR, NV);
      const Size c = column + First * L;
      Vec<T, L> acc[U][MR][NV];
      begin_tile(acc, o.bias == nullptr ? nullptr : o.bias + c, kReal);
      kernel_rows(r, [&](const T* in, Size k) KR_INLINE_LAMBDA {
        const T* w = o.packed + column * G::K + First * L + k * Width;
        KR_NO_UNROLL for (Size kw = 0; kw < G::KW; ++kw) {
          const Size at = ow + G::PL - kw * G::DW;   // input column * SW, perhaps outside
          if ((at % G::SW + G::SW) % G::SW != 0) continue;
          const Size iw = (at - (at % G::SW + G::SW) % G::SW) / G::SW;
          if constexpr (!Edge) {
            multiply_add(acc, G::C, in + iw * G::XStride, G::XStride, w + kw * G::C * Width, Width);
          } else {
            const T* rows[MR];
            KR_UNROLL for (int i = 0; i < MR; ++i) {
              rows[i] = iw + i >= 0 && iw + i < G::W ? in + (iw + i) * G::XStride : kZeroPixel<T, G::C>;
            }
            if (iw + MR > 0 && iw < G::W) multiply_add_pointers(acc, G::C, rows, w + kw * G::C * Width, Width);
          }
        }
      });
      const Size pixel = r.row * G::OW + ow;
      end_tile(acc, o.y + pixel * G::YStride + c, G::SW * G::YStride, pixel * o.n + o.column + c, G::SW * o.n, kReal, epilogue);
      tile<MR, Edge, Width, Real, First + NV>(r, ow, column);
    }
  }
  /// One output as dot products with R columns of weights.
  template <int R> KR_INLINE void dots(const Row& r, Size ow, Size column) const {
    Vec<T, kLanes<T>> acc[dot_chains<T>(R, G::C)][1][R];
    begin_dots(acc);
    kernel_rows(r, [&](const T* in, Size k) KR_INLINE_LAMBDA {
      KR_NO_UNROLL for (Size kw = 0; kw < G::KW; ++kw) {
        const Size iw = input_index(ow, G::PL, kw, G::DW, G::SW, G::W);
        if (iw >= 0) dot_add(acc, G::C, in + iw * G::XStride, G::XStride, o.packed + column * G::K + k + kw * G::C, G::K);
      }
    });
    const Size pixel = r.row * G::OW + ow;
    end_dots(acc, o.bias == nullptr ? nullptr : o.bias + column, o.y + pixel * G::YStride + column, G::YStride, pixel * o.n + o.column + column,
             o.n, epilogue);
  }

  /// Columns start, start + SW, ... of a row in tiles.
  template <int Width, int Real> KR_INLINE void phase(const Row& r, Size start, Size column) const {
    // Output ow takes input columns (ow + PL - kw * DW) / SW: inside for every tap from `low` to `high`.
    constexpr Size kLow = (G::KW - 1) * G::DW - G::PL, kHigh = (G::W - 1) * G::SW - G::PL;
    Size ow = start;
    KR_NO_UNROLL for (; ow + (kTile - 1) * G::SW < G::OW; ow += kTile * G::SW) {
      if (ow >= kLow && ow + (kTile - 1) * G::SW <= kHigh) tile<kTile, false, Width, Real>(r, ow, column);
      else tile<kTile, true, Width, Real>(r, ow, column);
    }
    constexpr int kHalf = kTile / 2;
    if constexpr (kHalf > 1) {
      if (ow + (kHalf - 1) * G::SW < G::OW) {
        tile<kHalf, true, Width, Real>(r, ow, column);
        ow += kHalf * G::SW;
      }
    }
    if constexpr (kTile > 1) {
      KR_NO_UNROLL for (; ow < G::OW; ow += G::SW) tile<1, true, Width, Real>(r, ow, column);
    }
  }

  /// Output rows first .. last - 1 (of all examples) of the panel at `column`.
  template <int Width, int Real> KR_ONE_COPY void panel(Size first, Size last, Size column) const {
    const ConvTransposeKernel self = *this;   // a copy: stores to y cannot change it
    KR_NO_UNROLL for (Size row = first; row < last; ++row) {
      const Row r(row);
      if constexpr (Width == 1) {
        KR_NO_UNROLL for (Size ow = 0; ow < G::OW; ++ow) self.template dots<Real>(r, ow, column);
      } else {
        constexpr Size kPhases = min_size(G::SW, G::OW);
        KR_NO_UNROLL for (Size p = 0; p < kPhases; ++p) self.template phase<Width, Real>(r, p, column);
      }
    }
  }
  static constexpr Size kBandRows = max_size(ceil_div(128, G::OW), 262144 * G::SH / (G::W * G::XStride * static_cast<Size>(sizeof(T))));

  KR_INLINE void run(Size examples, Pool* pool) const {
    PanelGrid<G::F>::run(*this, examples * G::OD * G::OH, kBandRows, 1, examples * G::D * G::H * G::W * G::K * G::F, pool);
  }
};

/// Keras Conv1DTranspose (H = 1), Conv2DTranspose, Conv3DTranspose, channels last:
///   y[oh][ow][f] = epilogue(bias[f] + sum of x[ih][iw][c] * kernel[kh][kw][f][c] over all (ih, iw, kh, kw, c) that reach it),
/// for n examples; G = ConvTranspose2d<...> or ConvTranspose3d<...>. packed: the kernel as matrix [KD * KH * KW * C][F] (Keras's
/// (kh, kw, f, c) with the last two axes exchanged) in panels (panels.h). bias: F values or nullptr. y must
/// not overlap x. The epilogue's offsets index [pixels][F].
template <class T, class G, class Epilogue = NoEpilogue>
KR_NOINLINE void conv2d_transpose(Size n, const T* x, const T* packed, const T* bias, T* y, const Epilogue& epilogue = {},
                                  Pool* pool = nullptr) {
  ConvTransposeKernel<T, G, Epilogue>{{x, packed, bias, y, G::F, 0}, epilogue}.run(n, pool);
}

/// The same in Groups groups: G describes one of them (C and F channels), with XStride >= Groups * C and YStride >= Groups * F. packed: the
/// groups' matrices [K][F], packed one after another, packed_size(K, F) each. bias: Groups * F values or nullptr. The epilogue's offsets
/// index [pixels][Groups * F].
template <class T, class G, int Groups, class Epilogue = NoEpilogue>
KR_NOINLINE void conv2d_transpose_grouped(Size n, const T* x, const T* packed, const T* bias, T* y, const Epilogue& epilogue = {},
                                          Pool* pool = nullptr) {
  static_assert(G::XStride >= Groups * G::C && G::YStride >= Groups * G::F);
  KR_NO_UNROLL for (Size g = 0; g < Groups; ++g) {
    const ConvOperands<T> group{x + g * G::C, packed + g * packed_size(G::K, G::F), bias == nullptr ? nullptr : bias + g * G::F,
                                y + g * G::F, Groups * G::F, g * G::F};
    ConvTransposeKernel<T, G, Epilogue>{group, epilogue}.run(n, pool);
  }
}

KR_END_NAMESPACE
