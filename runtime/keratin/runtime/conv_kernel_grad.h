// Gradient of a convolution with respect to its kernel, channels last, one to three dimensions: sums of outer products of input pixels
// and gradient pixels. No copy of the input is made, and kernel rows and columns outside the image are left out.
//
// Sums. Pixels are cut into bands of about 128 whose bounds depend on the geometry alone; a band is summed in registers and added to
// the kernel's gradient in the order of bands. Threads share out taps, channels and filters: the result has the same bits for any
// number of threads.
//
// Cost. 2 * outputs * taps * C * F flops at 80-90 % of the multiply-add peak where a row has at least 14 outputs and F is a multiple
// of two vectors; rows of 7 outputs 70 %. F below half a vector with C of a vector or more: channels are the vectors instead.
#pragma once
#include "keratin/runtime/conv_tile.h"
#include "keratin/runtime/pool.h"

KR_BEGIN_NAMESPACE

/// What the kernel's gradient is summed over: pixels of rows first_row .. last_row - 1 (of all examples), columns first .. last - 1.
struct GradBand {
  Size first_row, last_row, first, last;
  bool adds;   // to what is there; the first band stores
};

/// Rows of outputs cut into bands of about 128 pixels.
template <Size OW> struct GradBands {
  static constexpr Size kPixels = 128, kRows = ceil_div(kPixels, OW);
  static constexpr Size kParts = max_size(1, OW / kPixels);   // of a long row
  Size rows;
  KR_INLINE Size count() const { return kParts > 1 ? rows * kParts : ceil_div(rows, kRows); }
  KR_INLINE GradBand at(Size band) const {
    if constexpr (kParts > 1) {
      const Size row = band / kParts, part = band % kParts;
      return {row, row + 1, OW * part / kParts, OW * (part + 1) / kParts, band > 0};
    } else {
      return {band * kRows, min_size(rows, (band + 1) * kRows), 0, OW, band > 0};
    }
  }
};

/// The geometry as sums over pixels see it: a kernel that covers the whole input has one tap with all its elements as channels, and the
/// rows of images of a 1x1 kernel follow each other as one.
template <class G> struct GradShape {
  static constexpr bool kPoint = G::KD * G::KH * G::KW == 1 && G::SD * G::SH * G::SW == 1 && G::PF + G::PK + G::PT + G::PB + G::PL + G::PR == 0;
  static constexpr bool kWhole = G::OD * G::OH * G::OW == 1 && G::KD == G::D && G::KH == G::H && G::KW == G::W && G::XStride == G::C &&
                                 G::PF + G::PK + G::PT + G::PB + G::PL + G::PR == 0;
  static constexpr bool kFlat = kPoint || kWhole;
  static constexpr Size C = kWhole ? G::K : G::C;
  static constexpr Size XStride = kWhole ? G::K : G::XStride;
  /// Pixels of one example, and pixels of x in one example.
  static constexpr Size kOutputs = G::OD * G::OH * G::OW, kInputs = kWhole ? 1 : G::D * G::H * G::W;
};

template <class T, class G> struct ConvKernelGrad {
  using Shape = GradShape<G>;
  static constexpr Size C = Shape::C, F = G::F;
  /// Filters are fewer than half a vector, but channels fill one: a tile's rows are filters then.
  static constexpr bool kTurned = 2 * F <= kLanes<T> && C >= kLanes<T>;
  /// Few channels: neighbouring taps of a kernel row, which are one run of memory, share a tile.
  static constexpr bool kRuns = !kTurned && !Shape::kFlat && C <= 4 && G::KW > 1 && G::XStride == C && G::DW == 1;
  static constexpr Size kRows = kTurned ? F : kRuns ? G::KW * C : C, kCols = kTurned ? C : F;
  static constexpr Size kTaps = Shape::kFlat ? 1 : G::KD * G::KH * (kRuns ? 1 : G::KW);
  static constexpr int L = kCols >= kLanes<T> ? kLanes<T> : kCols > 8 ? 16 : kCols > 4 ? 8 : kLanes<T> < 4 ? kLanes<T> : 4;
  static constexpr Size kPair = 2 * L, kGroups = ceil_div(kCols, kPair);
  static constexpr RowTiles kTiles{kRows};
  static constexpr Size kItems = kTaps * kGroups * kTiles.count;

  const T* x;
  const T* dy;
  T* dw;
  Size ldw;        // elements from one (tap, channel) to the next
  Size examples;

  /// The sums over a stretch of k pixels; b may be read in full vectors for the first `safe` of them.
  template <int Real, class V, int U, int MR, int NV>
  static KR_INLINE void stretch(V (&acc)[U][MR][NV], Size k, const T* a, Size a_step, const T* b, Size b_step, Size safe) {
    if constexpr (Real == NV * L) {
      outer_add(acc, k, a, a_step, b, b_step);
    } else {
      const Size whole = max_size(0, min_size(k, safe));
      outer_add(acc, whole, a, a_step, b, b_step);
      if (whole < k) outer_add_part(acc, k - whole, a + whole * a_step, a_step, b + whole * b_step, b_step, Real);
    }
  }
  /// The first of `pixels` pixels from which reading `lanes` elements from `column` on leaves memory.
  static KR_INLINE Size safe_pixels(Size pixels, Size stride, Size width, Size column, Size lanes) {
    return pixels - ceil_div(max_size(0, column + lanes - width), stride);
  }
  /// k pixels: input pixels xp, xp + step ..., gradient pixels yp, yp + 1, ...
  template <int Real, class V, int U, int MR, int NV>
  KR_INLINE void pixels(V (&acc)[U][MR][NV], Size k, Size xp, Size step, Size yp, Size row, Size column) const {
    if constexpr (kTurned) {
      const Size safe = safe_pixels(examples * Shape::kInputs, Shape::XStride, C, column, NV * L);
      stretch<Real>(acc, k, dy + yp * G::YStride + row, G::YStride, x + xp * Shape::XStride + column, step * Shape::XStride, safe > xp ? ceil_div(safe - xp, step) : 0);
    } else {
      const Size safe = safe_pixels(examples * Shape::kOutputs, G::YStride, F, column, NV * L);
      stretch<Real>(acc, k, x + xp * Shape::XStride + row, step * Shape::XStride, dy + yp * G::YStride + column, G::YStride, safe - yp);
    }
  }

  /// Outputs outside .first .. .last of a row: the tile's taps that lie inside, one by one.
  template <int Real, class V, int U, int MR, int NV>
  KR_INLINE void edge(V (&acc)[U][MR][NV], const T* in, Size yp, Size ow, Size row, Size column) const {
    V bv[NV];
    KR_UNROLL for (int j = 0; j < NV; ++j) bv[j] = load_lanes<L>(dy + (yp + ow) * G::YStride + column + j * L, Real - j * L);
    KR_UNROLL for (int i = 0; i < MR; ++i) {
      const Size at = ow * G::SW - G::PL + (row + i) / C;
      if (at < 0 || at >= G::W) continue;
      const T value = in[(ow * G::SW - G::PL) * C + row + i];
      KR_UNROLL for (int j = 0; j < NV; ++j) acc[0][i][j] += value * bv[j];
    }
  }

  /// The band's pixels of one output row.
  template <int Real, class V, int U, int MR, int NV>
  KR_INLINE void add_row(V (&acc)[U][MR][NV], const GradBand& band, Size output_row, const OutputRow<G>& r, Size tap, Size row, Size column) const {
    constexpr Size kWidth = kRuns ? 1 : G::KW;   // taps of a kernel row that are told apart
    const Size id = r.od * G::SD - G::PF + tap / (G::KH * kWidth) * G::DD, ih = r.oh * G::SH - G::PT + tap / kWidth % G::KH * G::DH;
    if (id < 0 || id >= G::D || ih < 0 || ih >= G::H) return;
    const Size xp = ((r.example * G::D + id) * G::H + ih) * G::W, yp = output_row * G::OW;
    const Size low = kRuns ? row / C : tap % kWidth, high = kRuns ? (row + MR - 1) / C : low;   // taps of this tile
    const Inside from_low(low * G::DW - G::PL, G::W, G::SW, G::OW), from_high(high * G::DW - G::PL, G::W, G::SW, G::OW);
    const Size first = min_size(band.last, max_size(band.first, max_size(from_low.first, from_high.first)));
    const Size last = max_size(first, min_size(band.last, min_size(from_low.last, from_high.last)));
    if constexpr (kRuns) {
      KR_NO_UNROLL for (Size ow = max_size(band.first, from_high.first); ow < first; ++ow) edge<Real>(acc, x + xp * C, yp, ow, row, column);
    }
    // In a run the pixel before the image may be the place of the tile's first tap: rows of the tile lead into the image.
    pixels<Real>(acc, last - first, xp + first * G::SW - G::PL + (kRuns ? 0 : low * G::DW), G::SW, yp + first, row, column);
    if constexpr (kRuns) {
      const Size end = min_size(band.last, from_low.last);
      KR_NO_UNROLL for (Size ow = last; ow < end; ++ow) edge<Real>(acc, x + xp * C, yp, ow, row, column);
    }
  }

  /// Adds the chains of a tile and puts it into the gradient.
  template <int Real, class V, int U, int MR, int NV>
  KR_INLINE void put(V (&acc)[U][MR][NV], bool adds, Size tap, Size row, Size column) const {
    KR_UNROLL for (int i = 0; i < MR; ++i) {
      KR_UNROLL for (int j = 0; j < NV; ++j) {
        KR_UNROLL for (int half = U / 2; half > 0; half /= 2) {
          KR_UNROLL for (int u = 0; u < half; ++u) acc[u][i][j] += acc[u + half][i][j];
        }
        constexpr Size kAll = Real;
        const Size lanes = min_size(L, kAll - j * L);
        if constexpr (kTurned) {
          T* to = dw + (tap * C + column + j * L) * ldw + row + i;
          for (Size l = 0; l < lanes; ++l, to += ldw) *to = adds ? *to + acc[0][i][j][l] : acc[0][i][j][l];
        } else {
          T* to = dw + (tap * kRows + row + i) * ldw + column + j * L;
          if (adds) acc[0][i][j] += load_lanes<L>(to, lanes);
          store_lanes(to, acc[0][i][j], lanes);
        }
      }
    }
  }

  template <int MR, int Real> KR_INLINE void tile(const GradBand& band, Size tap, Size row, Size column) const {
    constexpr int NV = Real > L ? 2 : 1;
    Vec<T, L> acc[tile_chains(MR, NV)][MR][NV] = {};
    if constexpr (Shape::kFlat) {
      pixels<Real>(acc, band.last_row - band.first_row, band.first_row, 1, band.first_row, row, column);
    } else {
      OutputRow<G> r(band.first_row);
      KR_NO_UNROLL for (Size i = band.first_row; i < band.last_row; ++i, r.next()) add_row<Real>(acc, band, i, r, tap, row, column);
    }
    put<Real>(acc, band.adds, tap, row, column);
  }
  template <int MR> KR_INLINE void columns(const GradBand& band, Size tap, Size row, Size group) const {
    constexpr int kLast = static_cast<int>(kCols - (kGroups - 1) * kPair);
    if (kLast < kPair && group == kGroups - 1) tile<MR, kLast>(band, tap, row, group * kPair);
    else tile<MR, kPair>(band, tap, row, group * kPair);
  }

  /// Items first .. last - 1 of [taps][groups of columns][tiles of rows], over all bands.
  KR_ONE_COPY void items(Size first, Size last) const {
    const ConvKernelGrad self = *this;   // a copy: stores to dw cannot change it
    // Flat pixels are rows of one.
    const GradBands<Shape::kFlat ? 1 : G::OW> bands{self.examples * (Shape::kFlat ? Shape::kOutputs : G::OD * G::OH)};
    const Size count = bands.count();
    KR_NO_UNROLL for (Size b = 0; b < count; ++b) {
      const GradBand band = bands.at(b);
      KR_NO_UNROLL for (Size i = first; i < last; ++i) {
        const Size t = i % kTiles.count, group = i / kTiles.count % kGroups, tap = i / (kTiles.count * kGroups);
        if (kTiles.longer > 0 && t < kTiles.longer) self.template columns<static_cast<int>(kTiles.size + (kTiles.longer > 0))>(band, tap, kTiles.row(t), group);
        else self.template columns<static_cast<int>(kTiles.size)>(band, tap, kTiles.row(t), group);
      }
    }
  }

  KR_INLINE void run(Pool* pool) const {
    if (examples <= 0) {
      for (Size row = 0; row < G::K; ++row) {
        for (Size f = 0; f < F; ++f) dw[row * ldw + f] = T(0);
      }
      return;
    }
    const bool alone = pool == nullptr || pool->threads <= 1 || examples * Shape::kOutputs * G::K * F < kParallelWork;
    const Size chunks = alone ? 1 : min_size(pool->threads, kItems);
    parallel(pool, static_cast<int>(chunks), [&](int chunk) { items(kItems * chunk / chunks, kItems * (chunk + 1) / chunks); });
  }
};

/// For G = Conv2d<...> or Conv3d<...> (conv_geometry.h) and n examples, in the order of Keras's kernels:
///   dw[kd][kh][kw][c][f] = sum over examples and outputs of x[input of that tap][c] * dy[output][f].
/// Pixels of x and dy are G::XStride and G::YStride elements apart. No examples: zeros.
template <class T, class G> KR_NOINLINE void conv_kernel_grad(Size n, const T* x, const T* dy, T* dw, Pool* pool = nullptr) {
  static_assert(G::YStride >= G::F);
  ConvKernelGrad<T, G>{x, dy, dw, G::F, n}.run(pool);
}

/// The same in Groups groups: G describes one of them (C and F channels), with XStride >= Groups * C and YStride >= Groups * F;
/// dw[taps][C][Groups * F].
template <class T, class G, int Groups> KR_NOINLINE void conv_kernel_grad_grouped(Size n, const T* x, const T* dy, T* dw, Pool* pool = nullptr) {
  static_assert(G::XStride >= Groups * G::C && G::YStride >= Groups * G::F);
  KR_NO_UNROLL for (Size g = 0; g < Groups; ++g) ConvKernelGrad<T, G>{x + g * G::C, dy + g * G::F, dw + g * G::F, Groups * G::F, n}.run(pool);
}

KR_END_NAMESPACE
