// Normalisation over the last axis of [rows][n]: Keras LayerNormalization and RMSNormalization. Batch normalisation in inference is a
// map with a scale and an offset per channel.
// Cost: a row is read three times (twice for rms) from the first-level cache and written once.
#pragma once
#include "keratin/runtime/reduce.h"

KR_BEGIN_NAMESPACE

template <class T> struct SquareDistance {
  T center;
  template <class V> KR_INLINE V operator()(V x) const {
    const V d = x - center;
    return d * d;
  }
};
struct SquareValue {
  template <class V> KR_INLINE V operator()(V x) const { return x * x; }
};

/// y = (x - mean) * factor * gamma + beta for one row; gamma and beta as the flags say.
template <bool kGamma, bool kBeta, class T>
KR_INLINE void scale_row(Size n, T mean, T factor, const T* x, const T* gamma, const T* beta, T* y) {
  constexpr int L = kLanes<T>;
  using V = Vec<T, L>;
  auto at = [&](Size i, Size count) KR_INLINE_LAMBDA {
    auto read = [&](const T* p) KR_INLINE_LAMBDA { return count == L ? load<L>(p + i) : load_part<L>(p + i, count); };
    V v = rounded((read(x) - mean) * factor);
    if constexpr (kGamma && kBeta) v = v * read(gamma) + read(beta);
    else if constexpr (kGamma) v = v * read(gamma);
    else if constexpr (kBeta) v = v + read(beta);
    return v;
  };
  Size i = 0;
  for (; i + L <= n; i += L) store(y + i, at(i, L));
  if (i < n) store_part(y + i, at(i, n - i), n - i);
}

template <bool kCentered, bool kGamma, bool kBeta, class T>
KR_NOINLINE void normalize_rows(Size rows, Size n, const T* x, const T* gamma, const T* beta, T epsilon, T* y, Pool* pool) {
  const Size pieces = rows * n < 8192 ? 1 : min_size(rows, 64);
  parallel(pool, static_cast<int>(pieces), [=](int piece) {
    for (Size r = rows * piece / pieces; r < rows * (piece + 1) / pieces; ++r) {
      const Operand<const T, 1, 1> row{x + r * n, {1}};
      const T count = static_cast<T>(n);
      T mean = 0, square = 0;
      if constexpr (kCentered) {
        mean = reduce_row<Sum, T>(n, Identity{}, row) / count;
        square = reduce_row<Sum, T>(n, SquareDistance<T>{mean}, row) / count;
      } else {
        square = reduce_row<Sum, T>(n, SquareValue{}, row) / count;
      }
      scale_row<kGamma, kBeta>(n, mean, T(1) / sqrt(square + epsilon), x + r * n, gamma, beta, y + r * n);
    }
  });
}
template <bool kCentered, class T>
KR_INLINE void normalize(Size rows, Size n, const T* x, const T* gamma, const T* beta, T epsilon, T* y, Pool* pool) {
  if (gamma != nullptr && beta != nullptr) normalize_rows<kCentered, true, true>(rows, n, x, gamma, beta, epsilon, y, pool);
  else if (gamma != nullptr) normalize_rows<kCentered, true, false>(rows, n, x, gamma, beta, epsilon, y, pool);
  else if (beta != nullptr) normalize_rows<kCentered, false, true>(rows, n, x, gamma, beta, epsilon, y, pool);
  else normalize_rows<kCentered, false, false>(rows, n, x, gamma, beta, epsilon, y, pool);
}

/// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta over each row; gamma and beta have n values or are nullptr. y may be x.
template <class T>
KR_INLINE void layer_norm(Size rows, Size n, const T* x, const T* gamma, const T* beta, T epsilon, T* y, Pool* pool = nullptr) {
  normalize<true>(rows, n, x, gamma, beta, epsilon, y, pool);
}
/// y = x / sqrt(mean(x^2) + epsilon) * gamma over each row; gamma may be nullptr. y may be x.
template <class T> KR_INLINE void rms_norm(Size rows, Size n, const T* x, const T* gamma, T epsilon, T* y, Pool* pool = nullptr) {
  normalize<false>(rows, n, x, gamma, static_cast<const T*>(nullptr), epsilon, y, pool);
}

KR_END_NAMESPACE
