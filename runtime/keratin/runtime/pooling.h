// Max, average and sum pooling over channels-last images [n][D][H][W][C], windows of static size: Keras MaxPooling and AveragePooling of one
// (H = 1), two and three dimensions, with any padding, stride and dilation. No padded copies: windows are cut at the border, averages
// divide by the cells that exist. Channels are the vectors: 4 registers of them go through the window together.
// Cost: one load per window cell and channel; bound by the first-level cache, or by memory where windows do not overlap.
#pragma once
#include "keratin/runtime/pool.h"
#include "keratin/runtime/tile.h"

KR_BEGIN_NAMESPACE

/// Sizes of one example. S: stride, P.. : padding before and after each axis (front, back, top, bottom, left, right), XStride and
/// YStride: elements from one pixel to the next in the input and the output, which may be wider than C (concatenated results).
template <int D_, int H_, int W_, int C_, int KD_, int KH_, int KW_, int SD_, int SH_, int SW_, int PF_ = 0, int PK_ = 0, int PT_ = 0, int PB_ = 0,
          int PL_ = 0, int PR_ = 0, int XStride_ = C_, int YStride_ = C_, int DD_ = 1, int DH_ = 1, int DW_ = 1>
struct Pool3d {
  static constexpr int D = D_, H = H_, W = W_, C = C_, KD = KD_, KH = KH_, KW = KW_, SD = SD_, SH = SH_, SW = SW_;
  static constexpr int PF = PF_, PT = PT_, PL = PL_, DD = DD_, DH = DH_, DW = DW_;
  static constexpr int OD = (D + PF_ + PK_ - ((KD - 1) * DD + 1)) / SD + 1;
  static constexpr int OH = (H + PT_ + PB_ - ((KH - 1) * DH + 1)) / SH + 1;
  static constexpr int OW = (W + PL_ + PR_ - ((KW - 1) * DW + 1)) / SW + 1;
  static constexpr Size XStride = XStride_, YStride = YStride_;
};
template <int H, int W, int C, int KH, int KW, int SH, int SW, int PT = 0, int PB = 0, int PL = 0, int PR = 0, int XStride = C, int YStride = C,
          int DH = 1, int DW = 1>
using Pool2d = Pool3d<1, H, W, C, 1, KH, KW, 1, SH, SW, 0, 0, PT, PB, PL, PR, XStride, YStride, 1, DH, DW>;

/// NaN in a window is its maximum.
struct MaxPool {
  template <class T> static constexpr T start() { return static_cast<T>(-__builtin_inff()); }
  template <class V> static KR_INLINE V combine(V a, V b) { return max_nan(a, b); }
  template <class V> static KR_INLINE V finish(V a, int) { return a; }
};
struct AveragePool {
  template <class T> static constexpr T start() { return T(0); }
  template <class V> static KR_INLINE V combine(V a, V b) { return a + b; }
  template <class V> static KR_INLINE V finish(V a, int cells) { return a / static_cast<Element<V>>(cells); }
};

struct SumPool {
  template <class T> static constexpr T start() { return T(0); }
  template <class V> static KR_INLINE V combine(V a, V b) { return a + b; }
  template <class V> static KR_INLINE V finish(V a, int) { return a; }
};

/// Steps k of a window whose first cell lies at `at` (maybe outside) that fall inside [0, size).
struct WindowRange {
  int first, last;
};
constexpr WindowRange window_range(int at, int size, int count, int dilation) {
  int first = at < 0 ? (-at + dilation - 1) / dilation : 0, last = count;
  while (last > first && at + (last - 1) * dilation >= size) --last;
  return {first, last};
}

// N vectors of channels (or the first `lanes` of one) through a window, x: channel 0 of the window's first cell.
template <class Kind, class G, bool Whole, bool Part, int N, class T, class Epilogue>
KR_INLINE void pool_channels(const T* x, T* y, WindowRange d, WindowRange h, WindowRange w, Size lanes, Size offset, const Epilogue& epilogue) {
  constexpr int L = kLanes<T>;
  using V = Vec<T, L>;
  V acc[N];
  KR_UNROLL for (int j = 0; j < N; ++j) acc[j] = broadcast<V>(Kind::template start<T>());
  auto cell = [&](int kd, int kh, int kw) KR_INLINE_LAMBDA {
    const T* p = x + (static_cast<Size>(kd * G::DD * G::H + kh * G::DH) * G::W + kw * G::DW) * G::XStride;
    KR_UNROLL for (int j = 0; j < N; ++j) acc[j] = Kind::combine(acc[j], Part ? load_part<L>(p, lanes) : load<L>(p + j * L));
  };
  int cells = G::KD * G::KH * G::KW;
  if constexpr (Whole && G::KD * G::KH * G::KW <= 16) {
    KR_UNROLL for (int k = 0; k < G::KD * G::KH * G::KW; ++k) cell(k / (G::KH * G::KW), k / G::KW % G::KH, k % G::KW);
  } else {
    for (int kd = d.first; kd < d.last; ++kd) {
      for (int kh = h.first; kh < h.last; ++kh) {
        for (int kw = w.first; kw < w.last; ++kw) cell(kd, kh, kw);
      }
    }
    cells = (d.last - d.first) * (h.last - h.first) * (w.last - w.first);
  }
  KR_UNROLL for (int j = 0; j < N; ++j) {
    const V v = epilogue(V(Kind::finish(acc[j], cells)), offset + j * L, static_cast<int>(lanes));
    if constexpr (Part) store_part(y, v, lanes);
    else store(y + j * L, v);
  }
}
template <class Kind, class G, bool Whole, class T, class Epilogue>
KR_INLINE void pool_pixel(const T* x, T* y, WindowRange d, WindowRange h, WindowRange w, Size offset, const Epilogue& epilogue) {
  constexpr int L = kLanes<T>;
  constexpr int kQuads = G::C / (4 * L) * 4 * L, kFull = G::C / L * L;
  for (int c = 0; c < kQuads; c += 4 * L) pool_channels<Kind, G, Whole, false, 4>(x + c, y + c, d, h, w, L, offset + c, epilogue);
  for (int c = kQuads; c < kFull; c += L) pool_channels<Kind, G, Whole, false, 1>(x + c, y + c, d, h, w, L, offset + c, epilogue);
  if constexpr (kFull < G::C) {
    pool_channels<Kind, G, Whole, true, 1>(x + kFull, y + kFull, d, h, w, G::C - kFull, offset + kFull, epilogue);
  }
}

/// Pools n examples. Every window must have a cell inside the input, as Keras's paddings guarantee.
template <class Kind, class G, class T, class Epilogue = NoEpilogue>
KR_NOINLINE void pooling(Size n, const T* x, T* y, const Epilogue& epilogue = {}, Pool* pool = nullptr) {
  static_assert(G::OD >= 1 && G::OH >= 1 && G::OW >= 1, "the window is larger than the padded input");
  constexpr Size kRowsPerExample = Size{G::OD} * G::OH;
  constexpr int kInnerFirst = (G::PL + G::SW - 1) / G::SW;   // output columns whose windows lie inside
  constexpr int kReach = G::W - ((G::KW - 1) * G::DW + 1) + G::PL;
  constexpr int kInnerLast = kReach < 0 ? 0 : kReach / G::SW + 1 < G::OW ? kReach / G::SW + 1 : G::OW;
  const Size rows = n * kRowsPerExample, work = rows * G::OW * G::C * G::KD * G::KH * G::KW;
  const Size pieces = work < 32768 ? 1 : min_size(rows, 64);
  parallel(pool, static_cast<int>(pieces), [&](int piece) {
    for (Size r = rows * piece / pieces; r < rows * (piece + 1) / pieces; ++r) {
      const Size example = r / kRowsPerExample;
      const int od = static_cast<int>(r % kRowsPerExample) / G::OH, oh = static_cast<int>(r % G::OH);
      const int id = od * G::SD - G::PF, ih = oh * G::SH - G::PT;
      const WindowRange d = window_range(id, G::D, G::KD, G::DD), h = window_range(ih, G::H, G::KH, G::DH);
      const bool whole = d.last - d.first == G::KD && h.last - h.first == G::KH;
      for (int ow = 0; ow < G::OW; ++ow) {
        const int iw = ow * G::SW - G::PL;
        const T* from = x + (((example * G::D + id) * G::H + ih) * G::W + iw) * G::XStride;
        T* to = y + (r * G::OW + ow) * G::YStride;
        const Size offset = (r * G::OW + ow) * G::C;
        if (whole && ow >= kInnerFirst && ow < kInnerLast) {
          pool_pixel<Kind, G, true>(from, to, d, h, WindowRange{0, G::KW}, offset, epilogue);
        } else {
          pool_pixel<Kind, G, false>(from, to, d, h, window_range(iw, G::W, G::KW, G::DW), offset, epilogue);
        }
      }
    }
  });
}

KR_END_NAMESPACE
