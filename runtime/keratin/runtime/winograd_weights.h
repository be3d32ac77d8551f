// Kernels transformed for winograd.h while a program runs: for weights that change. Weights that do not are transformed by the compiler.
// Cost: 9 reads and (M + 2)^2 writes per kernel; filters that are not contiguous are read one by one, 4 times slower.
#pragma once
#include "keratin/runtime/panels.h"
#include "keratin/runtime/pool.h"
#include "keratin/runtime/tile.h"

KR_BEGIN_NAMESPACE

/// A 3x3 kernel's sizes and strides in elements: element (kh, kw, c, f) is g[kh * row + kw * column + c * channel + f * filter]. Strides may
/// be negative: a flipped kernel, with g at its last tap.
struct WinogradSource {
  Size channels, filters;
  Size row, column, channel, filter;
};

/// The first of three values of a row of the kernel, `s` apart, to the M + 2 of L g.
template <int M, class V> KR_INLINE void winograd_weight_row(const V* g, V* o, int gs, int os) {
  using T = Element<V>;
  const V ends = g[0] + g[2 * gs], middle = g[gs];
  o[0] = M == 2 ? g[0] : g[0] * T(0.25);
  const T c = M == 2 ? T(0.5) : T(-1) / T(6);
  o[os] = (ends + middle) * c;
  o[2 * os] = (ends - middle) * c;
  if constexpr (M == 4) {
    const V outer = g[0] * (T(1) / T(24)) + g[2 * gs] * (T(1) / T(6)), inner = middle * (T(1) / T(12));
    o[3 * os] = outer + inner;
    o[4 * os] = outer - inner;
  }
  o[(M + 1) * os] = g[2 * gs];
}

template <class T, int M> struct WinogradWeights {
  static constexpr int A = M + 2;
  WinogradSource s;
  const T* g;
  T* u;

  /// Lanes filters from f on of channel c, `real` of them exist; their place in a panel is `to`.
  template <int Lanes> KR_INLINE void vector(Size c, Size f, Size real, T* to) const {
    using V = Vec<T, Lanes>;
    V kernel[9], rows[3 * A], whole[A * A];
    KR_UNROLL for (int t = 0; t < 9; ++t) {
      const T* from = g + t / 3 * s.row + t % 3 * s.column + c * s.channel + f * s.filter;
      if (s.filter == 1) {
        kernel[t] = load_lanes<Lanes>(from, real);
      } else {
        V v{};
        KR_UNROLL for (int l = 0; l < Lanes; ++l) v[l] = l < real ? from[l * s.filter] : T(0);
        kernel[t] = v;
      }
    }
    KR_UNROLL for (int i = 0; i < 3; ++i) winograd_weight_row<M>(kernel + i, rows + i, 3, 3);         // down: [A][3]
    KR_UNROLL for (int i = 0; i < A; ++i) winograd_weight_row<M>(rows + 3 * i, whole + A * i, 1, 1);   // across: [A][A]
    const Size each = packed_size(s.channels, s.filters);
    KR_UNROLL for (int p = 0; p < A * A; ++p) store(to + p * each, whole[p]);
  }
  /// Channels first .. last - 1 of all panels.
  KR_ONE_COPY void channels(Size first, Size last) const {
    const WinogradWeights self = *this;   // a copy: stores cannot change it
    const Size filters = self.s.filters;
    Size width = 1;
    for (Size column = 0; column < filters; column += width) {
      width = panel_width(filters - column);
      T* panel = self.u + column * self.s.channels;
      for (Size c = first; c < last; ++c) {
        T* to = panel + c * width;
        constexpr int kMost = kLanes<T>;
        Size j = 0;
        for (; j + kMost <= width; j += kMost) self.template vector<kMost>(c, column + j, max_size(0, min_size(kMost, filters - column - j)), to + j);
        if constexpr (kMost > 8) {
          for (; j + 8 <= width; j += 8) self.template vector<8>(c, column + j, min_size(8, filters - column - j), to + j);
        }
        if constexpr (kMost > 4) {
          for (; j + 4 <= width; j += 4) self.template vector<4>(c, column + j, min_size(4, filters - column - j), to + j);
        }
        for (; j < width; ++j) self.template vector<1>(c, column + j, 1, to + j);
      }
    }
  }
};

/// u: winograd_weights (winograd.h) elements, the transformed kernel in panels; M = 2 or 4.
template <int M, class T> KR_NOINLINE void winograd_transform(const WinogradSource& source, const T* g, T* u, Pool* pool = nullptr) {
  const WinogradWeights<T, M> weights{source, g, u};
  const bool alone = pool == nullptr || pool->threads <= 1 || source.channels * source.filters < 4096;
  const Size chunks = alone ? 1 : min_size(pool->threads, source.channels);
  parallel(pool, static_cast<int>(chunks), [&](int chunk) { weights.channels(source.channels * chunk / chunks, source.channels * (chunk + 1) / chunks); });
}

KR_END_NAMESPACE
