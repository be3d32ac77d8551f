// Gradients of a depthwise convolution, channels last: with respect to its kernel, and to its input. Vectors run over channels.
//
// Cost. Kernel: a load of the input for every multiply-add, 40-50 % of peak from L1 for kernels up to 12 taps, else a pass per kernel
// row. Input: the same, outputs of one phase of the stride in tiles of four. Both read and write memory once, in bands of rows.
#pragma once
#include "keratin/runtime/conv_kernel_grad.h"
#include "keratin/runtime/depthwise.h"

KR_BEGIN_NAMESPACE

/// Lanes for `count` channels.
template <class T> constexpr int channel_lanes(Size count) {
  return count >= kLanes<T> ? kLanes<T> : count > 8 ? 16 : count > 4 ? 8 : kLanes<T> < 4 ? kLanes<T> : 4;
}

template <class T, class G, int Mult> struct DepthwiseKernelGrad {
  static constexpr Size F = G::C * Mult;
  static_assert(G::D == 1 && G::KD == 1 && G::F == F && G::YStride >= F && G::XStride >= G::C, "G::F must be C * Mult");
  static constexpr int L = channel_lanes<T>(F);
  using V = Vec<T, L>;
  /// Taps whose sums stay in registers: the whole kernel, or a part of a row.
  static constexpr bool kAll = G::KH * G::KW <= 12;
  static constexpr int TH = kAll ? static_cast<int>(G::KH) : 1, TW = kAll ? static_cast<int>(G::KW) : static_cast<int>(min_size(8, G::KW));

  const T* x;
  const T* dy;
  T* dw;
  Size examples;

  /// Adds the output at (row, ow); Edge: some taps lie outside.
  template <bool Edge> KR_INLINE void pixel(V (&acc)[TH][TW], const OutputRow<G>& r, Size row, Size ow, Size kh, Size kw, Size c, Size count) const {
    const V g = load_lanes<L>(dy + (row * G::OW + ow) * G::YStride + c, count);
    const Size ih = r.oh * G::SH - G::PT + kh * G::DH, iw = ow * G::SW - G::PL + kw * G::DW;
    KR_UNROLL for (int i = 0; i < TH; ++i) {
      const Size h = ih + i * G::DH;
      if (Edge && (h < 0 || h >= G::H)) continue;
      KR_UNROLL for (int j = 0; j < TW; ++j) {
        const Size w = iw + j * G::DW;
        if (Edge && (w < 0 || w >= G::W || kw + j >= G::KW)) continue;
        acc[i][j] += depthwise_inputs<L, Mult>(x + ((r.example * G::H + h) * G::W + w) * G::XStride, c, count) * g;
      }
    }
  }
  /// One vector of channels of one band, taps from (kh, kw) on.
  KR_INLINE void taps(const GradBand& band, Size kh, Size kw, Size c, Size count) const {
    V acc[TH][TW] = {};
    const Inside low(kw * G::DW - G::PL, G::W, G::SW, G::OW), high((kw + TW - 1) * G::DW - G::PL, G::W, G::SW, G::OW);
    const Size first = min_size(band.last, max_size(band.first, low.first)), inner = kw + TW <= G::KW ? max_size(first, min_size(band.last, high.last)) : first;
    OutputRow<G> r(band.first_row);
    KR_NO_UNROLL for (Size row = band.first_row; row < band.last_row; ++row, r.next()) {
      const Size ih = r.oh * G::SH - G::PT + kh * G::DH;
      const bool whole = ih >= 0 && ih + (TH - 1) * G::DH < G::H;
      const Size begin = whole ? first : band.last, end = whole ? inner : band.last;
      KR_NO_UNROLL for (Size ow = band.first; ow < begin; ++ow) pixel<true>(acc, r, row, ow, kh, kw, c, count);
      KR_NO_UNROLL for (Size ow = begin; ow < end; ++ow) pixel<false>(acc, r, row, ow, kh, kw, c, count);
      KR_NO_UNROLL for (Size ow = end; ow < band.last; ++ow) pixel<true>(acc, r, row, ow, kh, kw, c, count);
    }
    KR_UNROLL for (int i = 0; i < TH; ++i) {
      KR_UNROLL for (int j = 0; j < TW; ++j) {
        if (kw + j >= G::KW) continue;
        T* to = dw + ((kh + i) * G::KW + kw + j) * F + c;
        store_lanes(to, band.adds ? acc[i][j] + load_lanes<L>(to, count) : acc[i][j], count);
      }
    }
  }
  /// Vectors first .. last - 1 of channels, over all bands.
  KR_ONE_COPY void vectors(Size first, Size last) const {
    const DepthwiseKernelGrad self = *this;   // a copy: stores to dw cannot change it
    const GradBands<G::OW> bands{self.examples * G::OH};
    const Size count = bands.count();
    KR_NO_UNROLL for (Size b = 0; b < count; ++b) {
      const GradBand band = bands.at(b);
      KR_NO_UNROLL for (Size v = first; v < last; ++v) {
        KR_NO_UNROLL for (Size kh = 0; kh < G::KH; kh += TH) {
          KR_NO_UNROLL for (Size kw = 0; kw < G::KW; kw += TW) {
            if (F % L == 0 || (v + 1) * L <= F) self.taps(band, kh, kw, v * L, L);
            else self.taps(band, kh, kw, v * L, F - v * L);
          }
        }
      }
    }
  }
  KR_INLINE void run(Pool* pool) const {
    if (examples <= 0) {
      for (Size i = 0; i < G::KH * G::KW * F; ++i) dw[i] = T(0);
      return;
    }
    constexpr Size kVectors = ceil_div(F, L);
    const bool alone = pool == nullptr || pool->threads <= 1 || examples * G::OH * G::OW * F * G::KH * G::KW < kParallelWork;
    const Size chunks = alone ? 1 : min_size(pool->threads, kVectors);
    parallel(pool, static_cast<int>(chunks), [&](int chunk) { vectors(kVectors * chunk / chunks, kVectors * (chunk + 1) / chunks); });
  }
};

/// Gradient of depthwise_conv2d with respect to its kernel, G = Conv2d<...> with F = C * Mult, summed over n examples:
///   dw[kh][kw][c][m] = sum over outputs of x[input of that tap][c] * dy[output][c * Mult + m].
/// Pixels of x and dy are G::XStride and G::YStride apart. Sums are cut into bands as in conv_kernel_grad.h; threads share out channels.
template <class T, class G, int Mult = 1> KR_NOINLINE void depthwise_kernel_grad(Size n, const T* x, const T* dy, T* dw, Pool* pool = nullptr) {
  DepthwiseKernelGrad<T, G, Mult>{x, dy, dw, n}.run(pool);
}

template <class T, class G, int Mult, class Epilogue> struct DepthwiseInputGrad {
  static constexpr Size F = G::C * Mult;
  static_assert(G::D == 1 && G::KD == 1 && G::F == F && G::YStride >= F && G::XStride >= G::C, "G::F must be C * Mult");
  static constexpr int L = channel_lanes<T>(G::C), kTile = 4;
  using V = Vec<T, L>;

  const T* dy;
  const T* weights;
  const T* bias;   // C values or nullptr
  T* dx;
  const Epilogue& epilogue;

  /// Sums over the multiplier of products of `lanes` channels from c on.
  static KR_INLINE V products(const T* gradients, const T* kernel, Size c, Size lanes) {
    if constexpr (Mult == 1) {
      return load_lanes<L>(gradients + c, lanes) * load_lanes<L>(kernel + c, lanes);
    } else {
      V sum{};
      KR_UNROLL for (int l = 0; l < L; ++l) {
        if (l >= lanes) continue;
        const T* a = gradients + (c + l) * Mult;
        const T* b = kernel + (c + l) * Mult;
        T total = T(0);
        for (int m = 0; m < Mult; ++m) total += a[m] * b[m];
        sum[l] = total;
      }
      return sum;
    }
  }
  /// The output that input position `at` reaches by a tap, -1 where there is none.
  static KR_INLINE Size output_index(Size at, Size pad, Size tap, Size dilation, Size stride, Size size) {
    const Size out = at + pad - tap * dilation;
    return out >= 0 && out % stride == 0 && out / stride < size ? out / stride : -1;
  }

  /// Inputs iw, iw + SW ... (MR of them) of row (example, ih), `lanes` channels from c on. One: taps outside are left out.
  template <int MR> KR_INLINE void tile(Size example, Size ih, Size iw, Size c, Size lanes) const {
    V acc[MR];
    const V b = bias == nullptr ? V{} : load_lanes<L>(bias + c, lanes);
    KR_UNROLL for (int i = 0; i < MR; ++i) acc[i] = b;
    KR_NO_UNROLL for (Size kh = 0; kh < G::KH; ++kh) {
      const Size oh = output_index(ih, G::PT, kh, G::DH, G::SH, G::OH);
      if (oh < 0) continue;
      KR_NO_UNROLL for (Size kw = 0; kw < G::KW; ++kw) {
        const Size ow = output_index(iw, G::PL, kw, G::DW, G::SW, G::OW);
        if (ow < 0) continue;
        const T* from = dy + ((example * G::OH + oh) * G::OW + ow) * G::YStride;
        const T* kernel = weights + (kh * G::KW + kw) * F;
        KR_UNROLL for (int i = 0; i < MR; ++i) acc[i] += products(from + i * G::YStride, kernel, c, lanes);
      }
    }
    KR_UNROLL for (int i = 0; i < MR; ++i) {
      const Size pixel = (example * G::H + ih) * G::W + iw + i * G::SW;
      store_lanes(dx + pixel * G::XStride + c, epilogue(acc[i], pixel * G::C + c, static_cast<int>(lanes)), lanes);
    }
  }
  template <int MR> KR_INLINE void channels(Size example, Size ih, Size iw) const {
    KR_NO_UNROLL for (Size c = 0; c + L <= G::C; c += L) tile<MR>(example, ih, iw, c, L);
    if constexpr (G::C % L != 0) tile<MR>(example, ih, iw, G::C / L * L, G::C % L);
  }
  /// Row `row` of all examples' inputs.
  KR_ONE_COPY void input_row(Size row) const {
    const DepthwiseInputGrad self = *this;   // a copy: stores to dx cannot change it
    // Input iw takes outputs (iw + PL - kw * DW) / SW: between kLow and kHigh all taps of its phase exist.
    constexpr Size kLow = (G::KW - 1) * G::DW - G::PL, kHigh = (G::OW - 1) * G::SW - G::PL;
    const Size example = row / G::H, ih = row % G::H;
    constexpr Size kPhases = min_size(G::SW, G::W);
    KR_NO_UNROLL for (Size phase = 0; phase < kPhases; ++phase) {
      Size iw = phase;
      while (iw < G::W) {
        const bool inner = iw >= kLow && iw + (kTile - 1) * G::SW <= kHigh && iw + (kTile - 1) * G::SW < G::W;
        if (inner) self.template channels<kTile>(example, ih, iw);
        else self.template channels<1>(example, ih, iw);
        iw += inner ? kTile * G::SW : G::SW;
      }
    }
  }
  KR_INLINE void run(Size examples, Pool* pool) const {
    const Size rows = examples * G::H;
    const bool alone = pool == nullptr || pool->threads <= 1 || examples * G::OH * G::OW * F * G::KH * G::KW < kParallelWork;
    const Size chunks = alone ? 1 : min_size(pool->threads, rows);
    parallel(pool, static_cast<int>(chunks), [&](int chunk) {
      KR_NO_UNROLL for (Size i = rows * chunk / chunks; i < rows * (chunk + 1) / chunks; ++i) input_row(i);
    });
  }
};

/// Gradient of depthwise_conv2d with respect to its input, for n examples; G is that convolution's geometry:
///   dx[pixel][c] = epilogue(bias[c] + sum over m and the taps and outputs that the pixel reaches of dy[output][c * Mult + m] * weights[kh][kw][c][m]).
/// weights: [KH * KW][C * Mult], as Keras has them. bias: C values or nullptr. dx must not overlap dy; the epilogue's offsets index [pixels][C].
template <class T, class G, int Mult = 1, class Epilogue = NoEpilogue>
KR_NOINLINE void depthwise_input_grad(Size n, const T* dy, const T* weights, const T* bias, T* dx, const Epilogue& epilogue = {}, Pool* pool = nullptr) {
  DepthwiseInputGrad<T, G, Mult, Epilogue>{dy, weights, bias, dx, epilogue}.run(n, pool);
}

KR_END_NAMESPACE
