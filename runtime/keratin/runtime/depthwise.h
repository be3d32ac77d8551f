// Depthwise convolution, channels last: every channel has its own kernel. Vectors run over channels, a tile of neighbouring outputs
// stays in registers. No copy of the input is made: tiles at the edges test each input pixel once.
//
// Cost. Bound by memory as a rule: bytes of input and output / bandwidth of the cache level they stay in (60-80 % of it is reached).
// From L1: 2 * outputs * taps * C * Mult flops at 60-75 % of the multiply-add peak for kernels up to 5x5, 40-50 % for larger ones
// (a load for every multiply-add), for channels in multiples of a vector. A pixel stride whose bytes are a multiple of 2048 makes
// pixels collide in L1 (1.7 times slower): give such tensors a stride of C + 16. Mult that neither divides nor is divided by the
// lanes of a vector is gathered lane by lane: 5 times slower.
#pragma once
#include "keratin/runtime/conv_geometry.h"
#include "keratin/runtime/pool.h"
#include "keratin/runtime/tile.h"

KR_BEGIN_NAMESPACE

#if defined(__clang__) || __GNUC__ >= 12
template <int Mult, class V, int... I> KR_INLINE auto repeat_lanes_of(V v, Indices<I...>) {
  return __builtin_shufflevector(v, v, (I / Mult)...);
}
#else
template <int Mult, class V, int... I> KR_INLINE auto repeat_lanes_of(V v, Indices<I...>) {
  return Vec<Element<V>, static_cast<int>(sizeof...(I))>{v[I / Mult]...};
}
#endif

/// Inputs of output channels o .. o + count - 1 of a pixel, where input channel c feeds outputs c * Mult .. c * Mult + Mult - 1.
template <int L, int Mult, class T> KR_INLINE Vec<T, L> depthwise_inputs(const T* pixel, Size o, Size count) {
  if constexpr (Mult == 1) {
    return load_lanes<L>(pixel + o, count);
  } else if constexpr (Mult % L == 0) {
    return splat<L>(pixel[o / Mult]);
  } else if constexpr (L % Mult == 0) {
    return repeat_lanes_of<Mult>(load_lanes<L / Mult>(pixel + o / Mult, ceil_div(count, Mult)), upto<L>());
  } else {
    Vec<T, L> v{};
    KR_UNROLL for (int i = 0; i < L; ++i) {
      if (i < count) v[i] = pixel[(o + i) / Mult];
    }
    return v;
  }
}

/// Tiles of TH x TW outputs: as many as registers hold and few enough multiply-adds to unroll; the cheapest cut of the image.
template <class G> struct DepthwiseTile {
  static constexpr Size kTaps = G::KH * G::KW, kMost = kVectorRegisters == 32 ? 16 : 8, kUnrolled = 160;
  static constexpr bool unrolls(Size th, Size tw) { return th * tw <= kMost && th * tw * kTaps <= kUnrolled; }
  /// Half clocks for the whole image: multiply-adds or their latency, loads, stores.
  static constexpr Size cost(Size th, Size tw) {
    const Size inputs = ((th - 1) * G::SH + (G::KH - 1) * G::DH + 1) * ((tw - 1) * G::SW + (G::KW - 1) * G::DW + 1);
    const Size work = max_size(max_size(th * tw, 8) * kTaps, inputs + kTaps) + inputs / 2 + 4 * th * tw;
    return ceil_div(G::OH, th) * ceil_div(G::OW, tw) * work;
  }
  static constexpr Size best() {   // th * 100 + tw; 0: too many taps to unroll
    Size result = 0, least = 0;
    for (Size th = 1; th <= min_size(8, G::OH); ++th) {
      for (Size tw = 1; tw <= min_size(16, G::OW); ++tw) {
        if (!unrolls(th, tw) || (th * tw < 4 && unrolls(min_size(2, G::OH), min_size(2, G::OW)))) continue;
        const Size c = cost(th, tw);
        if (result == 0 || c < least) {
          result = th * 100 + tw;
          least = c;
        }
      }
    }
    return result;
  }
  static constexpr Size kBest = best();
  static constexpr bool kUnroll = kBest != 0 && (G::KH - 1) * G::DH < 12 && (G::KW - 1) * G::DW < 12;
  static constexpr int TH = kUnroll ? static_cast<int>(kBest / 100) : 1;
  static constexpr int TW = kUnroll ? static_cast<int>(kBest % 100) : static_cast<int>(min_size(8, G::OW));
};

template <class T, class G, int Mult, class Epilogue> struct DepthwiseKernel {
  using Tile = DepthwiseTile<G>;
  static constexpr int TH = Tile::TH, TW = Tile::TW;
  static constexpr Size F = G::C * Mult;
  static_assert(G::D == 1 && G::KD == 1 && G::F == F && G::YStride >= F, "G::F must be C * Mult");

  const T* x;
  const T* weights;
  const T* bias;   // F values or nullptr
  T* y;
  const Epilogue& epilogue;

  /// A tile's place: first output, first input row and column (perhaps outside), whether every tap and output is inside.
  struct Place {
    Size example, oh, ow, ih, iw;
  };
  KR_INLINE const T* input(const Place& p, Size r, Size q) const {
    return x + ((p.example * G::H + p.ih + r) * G::W + p.iw + q) * G::XStride;
  }
  template <class V> KR_INLINE void put(const Place& p, int i, int j, Size c, Size count, V v) const {
    const Size pixel = (p.example * G::OH + p.oh + i) * G::OW + p.ow + j;
    store_lanes(y + pixel * G::YStride + c, epilogue(v, pixel * F + c, static_cast<int>(count)), count);
  }

  /// All taps unrolled: every input vector is loaded once and used for all outputs it reaches. Edge: pixels outside are left out.
  template <int L, bool Edge> KR_INLINE void unrolled_tile(const Place& p, Size c, Size count) const {
    using V = Vec<T, L>;
    constexpr int kRows = (TH - 1) * G::SH + (G::KH - 1) * G::DH + 1, kCols = (TW - 1) * G::SW + (G::KW - 1) * G::DW + 1;
    V w[Tile::kTaps], acc[TH][TW];
    KR_UNROLL for (int t = 0; t < Tile::kTaps; ++t) w[t] = load_lanes<L>(weights + t * F + c, count);
    const V b = bias == nullptr ? V{} : load_lanes<L>(bias + c, count);
    KR_UNROLL for (int i = 0; i < TH; ++i) {
      KR_UNROLL for (int j = 0; j < TW; ++j) acc[i][j] = b;
    }
    KR_UNROLL for (int r = 0; r < kRows; ++r) {
      if (Edge && (p.ih + r < 0 || p.ih + r >= G::H)) continue;
      KR_UNROLL for (int q = 0; q < kCols; ++q) {
        if (Edge && (p.iw + q < 0 || p.iw + q >= G::W)) continue;
        const V v = depthwise_inputs<L, Mult>(input(p, r, q), c, count);
        KR_UNROLL for (int i = 0; i < TH; ++i) {
          KR_UNROLL for (int j = 0; j < TW; ++j) {
            const int h = r - i * static_cast<int>(G::SH), k = q - j * static_cast<int>(G::SW);
            if (h >= 0 && k >= 0 && h % G::DH == 0 && k % G::DW == 0 && h / G::DH < G::KH && k / G::DW < G::KW) {
              acc[i][j] += v * w[h / G::DH * G::KW + k / G::DW];
            }
          }
        }
      }
    }
    KR_UNROLL for (int i = 0; i < TH; ++i) {
      KR_UNROLL for (int j = 0; j < TW; ++j) {
        if (!Edge || (p.oh + i < G::OH && p.ow + j < G::OW)) put(p, i, j, c, count, acc[i][j]);
      }
    }
  }

  /// A row of MR outputs, taps in a loop; all of them have taps k.first .. k.last - 1 of each kernel row.
  template <int L, int MR> KR_INLINE void looped_tile(const Place& p, const Taps& k, Size c, Size count) const {
    using V = Vec<T, L>;
    V acc[MR];
    const V b = bias == nullptr ? V{} : load_lanes<L>(bias + c, count);
    KR_UNROLL for (int j = 0; j < MR; ++j) acc[j] = b;
    const Taps kh(p.ih, G::H, G::KH, G::DH);
    KR_NO_UNROLL for (Size h = kh.first; h < kh.last; ++h) {
      KR_NO_UNROLL for (Size v = k.first; v < k.last; ++v) {
        const V w = load_lanes<L>(weights + (h * G::KW + v) * F + c, count);
        const T* in = input(p, h * G::DH, v * G::DW);
        KR_UNROLL for (int j = 0; j < MR; ++j) acc[j] += depthwise_inputs<L, Mult>(in + j * G::SW * G::XStride, c, count) * w;
      }
    }
    KR_UNROLL for (int j = 0; j < MR; ++j) put(p, 0, j, c, count, acc[j]);
  }

  template <int L> KR_INLINE void channels(const Place& p, bool edge, Size c, Size count) const {
    if constexpr (Tile::kUnroll) {
      if (edge) unrolled_tile<L, true>(p, c, count);
      else unrolled_tile<L, false>(p, c, count);
    } else if (!edge) {
      looped_tile<L, TW>(p, Taps(0, 1 << 30, G::KW, 1), c, count);
    } else {
      for (Place single = p; single.ow < min_size(G::OW, p.ow + TW); ++single.ow, single.iw += G::SW) {
        looped_tile<L, 1>(single, Taps(single.iw, G::W, G::KW, G::DW), c, count);
      }
    }
  }

  /// The tiles of row of tiles `index` (of all examples): pixel tiles outside, channels inside.
  KR_ONE_COPY void tile_row(Size index) const {
    constexpr Size kTileRowsOfImage = ceil_div(G::OH, TH);
    constexpr int L = F >= kLanes<T> ? kLanes<T> : F > 8 ? 16 : F > 4 ? 8 : 4;
    constexpr int kWide = L < kLanes<T> ? L : kLanes<T>, kRest = static_cast<int>(F % kWide);
    const DepthwiseKernel self = *this;   // a copy: stores to y cannot change it
    Place p{index / kTileRowsOfImage, index % kTileRowsOfImage * TH, 0, 0, 0};
    p.ih = p.oh * G::SH - G::PT;
    const bool edge_row = Tile::kUnroll && (p.ih < 0 || p.ih + (TH - 1) * G::SH + (G::KH - 1) * G::DH >= G::H || p.oh + TH > G::OH);
    KR_NO_UNROLL for (; p.ow < G::OW; p.ow += TW) {
      p.iw = p.ow * G::SW - G::PL;
      const bool edge = edge_row || p.iw < 0 || p.iw + (TW - 1) * G::SW + (G::KW - 1) * G::DW >= G::W || p.ow + TW > G::OW;
      KR_NO_UNROLL for (Size c = 0; c + kWide <= F; c += kWide) self.template channels<kWide>(p, edge, c, kWide);
      if constexpr (kRest > 0) {
        constexpr int kNarrow = kRest > 8 ? 16 : kRest > 4 ? 8 : kLanes<T> < 4 ? kLanes<T> : 4;
        self.template channels<kNarrow>(p, edge, F - kRest, kRest);
      }
    }
  }

  KR_INLINE void run(Size examples, Pool* pool) const {
    const Size rows = examples * ceil_div(G::OH, TH);
    const bool alone = pool == nullptr || pool->threads <= 1 || examples * G::OH * G::OW * F * Tile::kTaps < kParallelWork;
    const Size chunks = alone ? 1 : min_size(pool->threads, rows);
    parallel(pool, static_cast<int>(chunks), [&](int chunk) {
      KR_NO_UNROLL for (Size i = rows * chunk / chunks; i < rows * (chunk + 1) / chunks; ++i) tile_row(i);
    });
  }
};

/// Keras DepthwiseConv1D (H = 1) and DepthwiseConv2D, channels last, G = Conv2d<...> with F = C * Mult: for all outputs
///   y[pixel][c * Mult + m] = epilogue(bias[c * Mult + m] + sum over taps of x[...][c] * weights[kh][kw][c][m]).
/// weights: [KH * KW][C * Mult], in Keras's own order. bias: C * Mult values or nullptr. Pixels of x and y are G::XStride and
/// G::YStride apart; y must not overlap x. The epilogue's offsets index [pixels][C * Mult].
template <class T, class G, int Mult = 1, class Epilogue = NoEpilogue>
KR_NOINLINE void depthwise_conv2d(Size n, const T* x, const T* weights, const T* bias, T* y, const Epilogue& epilogue = {},
                                  Pool* pool = nullptr) {
  DepthwiseKernel<T, G, Mult, Epilogue>{x, weights, bias, y, epilogue}.run(n, pool);
}

KR_END_NAMESPACE
