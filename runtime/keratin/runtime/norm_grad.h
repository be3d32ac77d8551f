// Gradient of layer normalisation over the last axis of [rows][n], with those of gamma and beta.
// Cost: a row of the input and of the gradient is read five times from the first-level cache, the result written once.
#pragma once
#include "keratin/runtime/reduce.h"
#include "keratin/runtime/tile.h"

KR_BEGIN_NAMESPACE

/// Rows are cut into so many pieces at most, whatever the number of threads: sums over rows are made in the same order.
inline constexpr Size kNormGradPieces = 32;

/// Elements of scratch memory.
constexpr Size layer_norm_grad_scratch(Size n) { return kNormGradPieces * 2 * n; }

template <bool kGamma, class T> struct LayerNormGrad {
  static constexpr int L = kLanes<T>;
  using V = Vec<T, L>;
  using Row = Operand<const T, 1, 1>;

  Size n;
  const T* gamma;
  T epsilon;

  struct Sums {
    T mean, factor, slope, offset;   // dx = g * factor - offset - (x - mean) * slope, with g = dy * gamma
  };
  KR_INLINE Sums sums_of(const T* x, const T* dy) const {
    const T count = static_cast<T>(n);
    const Row in{x, {1}}, out{dy, {1}}, scale{gamma, {1}};
    const T mean = reduce_row<Sum, T>(n, Identity{}, in) / count;
    const T square = reduce_row<Sum, T>(n, [mean](auto v) KR_INLINE_LAMBDA { return (v - mean) * (v - mean); }, in) / count;
    const T factor = T(1) / sqrt(square + epsilon);
    T sum, moment;
    if constexpr (kGamma) {
      sum = reduce_row<Sum, T>(n, [](auto d, auto g) KR_INLINE_LAMBDA { return d * g; }, out, scale);
      moment = reduce_row<Sum, T>(n, [mean](auto d, auto g, auto v) KR_INLINE_LAMBDA { return d * g * (v - mean); }, out, scale, in);
    } else {
      sum = reduce_row<Sum, T>(n, Identity{}, out);
      moment = reduce_row<Sum, T>(n, [mean](auto d, auto v) KR_INLINE_LAMBDA { return d * (v - mean); }, out, in);
    }
    return {mean, factor, factor * factor * factor * (moment / count), factor * (sum / count)};
  }

  /// dx of a row; adds to the sums over rows of gamma's and beta's gradients.
  KR_INLINE void row(const T* x, const T* dy, T* dx, T* d_gamma, T* d_beta) const {
    const Sums s = sums_of(x, dy);
    auto at = [&](Size i, Size count) KR_INLINE_LAMBDA {
      const V distance = load_lanes<L>(x + i, count) - s.mean, d = load_lanes<L>(dy + i, count);
      V g = d;
      if constexpr (kGamma) g = d * load_lanes<L>(gamma + i, count);
      store_lanes(dx + i, g * s.factor - s.offset - distance * s.slope, count);
      store_lanes(d_gamma + i, load_lanes<L>(d_gamma + i, count) + d * (distance * s.factor), count);
      store_lanes(d_beta + i, load_lanes<L>(d_beta + i, count) + d, count);
    };
    Size i = 0;
    for (; i + L <= n; i += L) at(i, L);
    if (i < n) at(i, n - i);
  }

  KR_NOINLINE void run(Size rows, const T* x, const T* dy, T* dx, T* d_gamma, T* d_beta, T* scratch, Pool* pool) const {
    const Size pieces = rows * n < 8192 ? 1 : min_size(rows, kNormGradPieces);
    const LayerNormGrad self = *this;
    parallel(pool, static_cast<int>(pieces), [=](int piece) {
      const Size n = self.n;
      T* sums = scratch + piece * 2 * n;
      for (Size i = 0; i < 2 * n; ++i) sums[i] = T(0);
      for (Size r = rows * piece / pieces; r < rows * (piece + 1) / pieces; ++r) self.row(x + r * n, dy + r * n, dx + r * n, sums, sums + n);
    });
    auto add = [&](const T* from, T* to) {
      if (to == nullptr) return;
      for (Size i = 0; i < n; ++i) to[i] = from[i];
      for (Size piece = 1; piece < pieces; ++piece) {
        for (Size i = 0; i < n; ++i) to[i] += from[piece * 2 * n + i];
      }
    };
    add(scratch, d_gamma);
    add(scratch + n, d_beta);
  }
};

/// The gradients of layer_norm (norm.h) for a gradient dy of its result: dx [rows][n], and d_gamma and d_beta [n] unless nullptr, summed over
/// rows. gamma: nullptr where there is none. dx may be dy or x. scratch: layer_norm_grad_scratch(n) elements.
template <class T>
KR_INLINE void layer_norm_grad(Size rows, Size n, const T* x, const T* gamma, const T* dy, T epsilon, T* dx, T* d_gamma, T* d_beta, T* scratch,
                               Pool* pool = nullptr) {
  if (gamma != nullptr) LayerNormGrad<true, T>{n, gamma, epsilon}.run(rows, x, dy, dx, d_gamma, d_beta, scratch, pool);
  else LayerNormGrad<false, T>{n, gamma, epsilon}.run(rows, x, dy, dx, d_gamma, d_beta, scratch, pool);
}

KR_END_NAMESPACE
