// Gradients of pooling over channels-last images, one to three dimensions: the gradient of a maximum goes to the first largest cell of
// its window (a NaN is larger than every number), that of a sum to all cells. Channels are the vectors; windows add in row-major order,
// and threads share out examples and channels, so results have the same bits for any pool.
// Cost. Maximum: two reads of every cell of every window, and a write; sum: one read and a write.
#pragma once
#include "keratin/runtime/move.h"
#include "keratin/runtime/pooling.h"

KR_BEGIN_NAMESPACE

struct MaxPoolGrad {};
struct SumPoolGrad {};

template <class Kind, class G, class T> struct PoolingGrad {
  static constexpr int L = kLanes<T>;
  using V = Vec<T, L>;
  using I = IntsOf<V>;
  const T* x;    // not read by sums
  const T* dy;
  T* dx;

  static constexpr Size kDx = G::C;   // from pixel to pixel of dx
  static KR_INLINE Size cell(int d, int h, int w) { return (static_cast<Size>(d) * G::H + h) * G::W + w; }

  /// The windows of one example, `lanes` channels from c on.
  KR_INLINE void channels(Size example, Size c, Size lanes) const {
    const T* from = x == nullptr ? nullptr : x + example * G::D * G::H * G::W * G::XStride + c;
    T* to = dx + example * G::D * G::H * G::W * kDx + c;
    const T* gradient = dy + example * G::OD * G::OH * G::OW * G::YStride + c;
    for (int od = 0; od < G::OD; ++od) {
      for (int oh = 0; oh < G::OH; ++oh) {
        for (int ow = 0; ow < G::OW; ++ow, gradient += G::YStride) {
          const int id = od * G::SD - G::PF, ih = oh * G::SH - G::PT, iw = ow * G::SW - G::PL;
          const WindowRange d = window_range(id, G::D, G::KD, G::DD), h = window_range(ih, G::H, G::KH, G::DH), w = window_range(iw, G::W, G::KW, G::DW);
          const bool whole = d.last - d.first == G::KD && h.last - h.first == G::KH && w.last - w.first == G::KW;
          if (whole) window<true>(from, to, load_lanes<L>(gradient, lanes), id, ih, iw, d, h, w, lanes);
          else window<false>(from, to, load_lanes<L>(gradient, lanes), id, ih, iw, d, h, w, lanes);
        }
      }
    }
  }
  template <bool Whole, class Body> static KR_INLINE void for_cells(int id, int ih, int iw, WindowRange d, WindowRange h, WindowRange w, Body&& body) {
    if constexpr (Whole && G::KD * G::KH * G::KW <= 16) {
      const Size first = cell(id, ih, iw);
      KR_UNROLL for (int k = 0; k < G::KD * G::KH * G::KW; ++k) body(first + cell(k / (G::KH * G::KW) * G::DD, k / G::KW % G::KH * G::DH, k % G::KW * G::DW));
      return;
    }
    for (int kd = d.first; kd < d.last; ++kd) {
      for (int kh = h.first; kh < h.last; ++kh) {
        for (int kw = w.first; kw < w.last; ++kw) body(cell(id + kd * G::DD, ih + kh * G::DH, iw + kw * G::DW));
      }
    }
  }
  template <bool Whole> KR_INLINE void window(const T* from, T* to, V gradient, int id, int ih, int iw, WindowRange d, WindowRange h, WindowRange w, Size lanes) const {
    if constexpr (kSame<Kind, SumPoolGrad>) {
      for_cells<Whole>(id, ih, iw, d, h, w, [&](Size at) KR_INLINE_LAMBDA { store_lanes(to + at * kDx, load_lanes<L>(to + at * kDx, lanes) + gradient, lanes); });
    } else {
      using N = Element<I>;
      V best{};
      I place{};
      N number = 0;
      for_cells<Whole>(id, ih, iw, d, h, w, [&](Size at) KR_INLINE_LAMBDA {
        const V v = load_lanes<L>(from + at * G::XStride, lanes);
        if (number == 0) best = v;
        const auto better = (v > best) | (is_nan(v) & ~is_nan(best));
        best = select(better, v, best);
        place = select(better, broadcast<I>(number), place);
        ++number;
      });
      number = 0;
      for_cells<Whole>(id, ih, iw, d, h, w, [&](Size at) KR_INLINE_LAMBDA {
        const V part = select(place == number, gradient, V{});
        store_lanes(to + at * kDx, load_lanes<L>(to + at * kDx, lanes) + part, lanes);
        ++number;
      });
    }
  }

  KR_ONE_COPY void items(Size first, Size last) const {
    const PoolingGrad self = *this;   // a copy: stores to dx cannot change it
    constexpr Size kVectors = ceil_div(G::C, L);
    KR_NO_UNROLL for (Size i = first; i < last; ++i) {
      const Size c = i % kVectors * L;
      if (G::C % L == 0 || c + L <= G::C) self.channels(i / kVectors, c, L);
      else self.channels(i / kVectors, c, G::C % L);
    }
  }
  KR_INLINE void run(Size n, Pool* pool) const {
    fill(n * G::D * G::H * G::W * kDx, dx, T(0));
    const Size count = n * ceil_div(G::C, L), work = n * G::OD * G::OH * G::OW * G::C * G::KD * G::KH * G::KW;
    const Size chunks = pool == nullptr || pool->threads <= 1 || work < 32768 ? 1 : min_size(pool->threads, count);
    parallel(pool, static_cast<int>(chunks), [&](int chunk) { items(count * chunk / chunks, count * (chunk + 1) / chunks); });
  }
};

/// Gradient of the pooling of n examples, G = Pool2d<...> or Pool3d<...> of that pooling: dx, dense, from x (MaxPoolGrad; SumPoolGrad reads
/// none: nullptr) and dy, whose pixels are G::XStride and G::YStride apart. dx overlaps neither.
template <class Kind, class G, class T> KR_NOINLINE void pooling_grad(Size n, const T* x, const T* dy, T* dx, Pool* pool = nullptr) {
  static_assert(G::OD >= 1 && G::OH >= 1 && G::OW >= 1, "the window is larger than the padded input");
  PoolingGrad<Kind, G, T>{x, dy, dx}.run(n, pool);
}

KR_END_NAMESPACE
