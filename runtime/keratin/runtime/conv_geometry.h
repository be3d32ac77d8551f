// Shapes of convolutions as types: what Keras's Conv1D (H = 1), Conv2D and Conv3D compute, sizes in elements, channels last.
#pragma once
#include "keratin/runtime/config.h"

KR_BEGIN_NAMESPACE

/// Input [n][D][H][W] pixels of C channels, XStride elements from pixel to pixel; output [n][OD][OH][OW] pixels of F channels, YStride
/// apart. K.. kernel, S.. strides, D.. dilations; P.. zeros assumed before and after (front/back, top/bottom, left/right).
template <int D_, int H_, int W_, int C_, int F_, int KD_, int KH_, int KW_, int SD_ = 1, int SH_ = 1, int SW_ = 1, int DD_ = 1,
          int DH_ = 1, int DW_ = 1, int PF_ = 0, int PK_ = 0, int PT_ = 0, int PB_ = 0, int PL_ = 0, int PR_ = 0,
          int XStride_ = C_, int YStride_ = F_>
struct Conv3d {
  static constexpr Size D = D_, H = H_, W = W_, C = C_, F = F_, KD = KD_, KH = KH_, KW = KW_, SD = SD_, SH = SH_, SW = SW_, DD = DD_;
  static constexpr Size DH = DH_, DW = DW_, PF = PF_, PK = PK_, PT = PT_, PB = PB_, PL = PL_, PR = PR_;
  static constexpr Size XStride = XStride_, YStride = YStride_;

  static constexpr Size extent(Size size, Size kernel, Size stride, Size dilation, Size before, Size after) {
    return (size + before + after - (kernel - 1) * dilation - 1) / stride + 1;
  }
  static constexpr Size OD = extent(D, KD, SD, DD, PF, PK), OH = extent(H, KH, SH, DH, PT, PB), OW = extent(W, KW, SW, DW, PL, PR);
  static constexpr Size K = KD * KH * KW * C;   // rows of the weight matrix

  static_assert(C >= 1 && F >= 1 && KD >= 1 && KH >= 1 && KW >= 1 && SD >= 1 && SH >= 1 && SW >= 1 && DD >= 1 && DH >= 1 && DW >= 1);
  static_assert(PF >= 0 && PK >= 0 && PT >= 0 && PB >= 0 && PL >= 0 && PR >= 0 && XStride >= C);
  static_assert(D + PF + PK > (KD - 1) * DD && H + PT + PB > (KH - 1) * DH && W + PL + PR > (KW - 1) * DW, "no output");
};

template <int H, int W, int C, int F, int KH, int KW, int SH = 1, int SW = 1, int DH = 1, int DW = 1, int PT = 0, int PB = 0, int PL = 0,
          int PR = 0, int XStride = C, int YStride = F>
struct Conv2d : Conv3d<1, H, W, C, F, 1, KH, KW, 1, SH, SW, 1, DH, DW, 0, 0, PT, PB, PL, PR, XStride, YStride> {};

/// Taps of a kernel whose input lies inside: input position = origin + tap * dilation, first <= tap < last.
struct Taps {
  Size first, last;
  constexpr Taps(Size origin, Size size, Size kernel, Size dilation)
      : first(origin >= 0 ? 0 : min_size(kernel, ceil_div(-origin, dilation))),
        last(origin >= size ? 0 : min_size(kernel, ceil_div(size - origin, dilation))) {}
};

/// A range of outputs whose input position origin + i * stride lies inside [0, size): first <= i < last, of `count`.
struct Inside {
  Size first, last;
  constexpr Inside(Size origin, Size size, Size stride, Size count)
      : first(origin >= 0 ? 0 : min_size(count, ceil_div(-origin, stride))),
        last(origin >= size ? 0 : min_size(count, ceil_div(size - origin, stride))) {}
  constexpr Size length() const { return last > first ? last - first : 0; }
};

/// A walk over output rows of all examples: (example, od, oh) of row = (example * OD + od) * OH + oh.
template <class G> struct OutputRow {
  Size example, od, oh;
  constexpr explicit OutputRow(Size row) : example(row / (G::OD * G::OH)), od(row / G::OH % G::OD), oh(row % G::OH) {}
  KR_INLINE void next() {
    if (++oh < G::OH) return;
    oh = 0;
    if (++od < G::OD) return;
    od = 0;
    ++example;
  }
};

KR_END_NAMESPACE
