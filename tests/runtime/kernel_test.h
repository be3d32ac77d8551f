// Helpers for the tests of packed kernels: packing, a residual epilogue that checks its arguments, comparison.
#pragma once
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "guarded.h"
#include "keratin/runtime/panels.h"
#include "keratin/runtime/tile.h"

/// A [K][N] matrix packed as panels.h says, in memory of exactly that size.
template <class T> Guarded<T> packed(const T* matrix, kr::Size K, kr::Size N) {
  Guarded<T> result(static_cast<size_t>(kr::packed_size(K, N)));
  for (kr::Size k = 0; k < K; ++k) {
    for (kr::Size n = 0; n < N; ++n) result[static_cast<size_t>(kr::packed_index(K, N, k, n))] = matrix[k * N + n];
  }
  return result;
}

/// relu(v + residual[offset]): reads exactly the lanes it is told.
template <class T> struct AddAndRelu {
  const T* residual;
  template <class V> V operator()(V v, kr::Size offset, int lanes) const {
    return kr::max(kr::Element<V>(0), v + kr::load_lanes<kr::kLanesOf<V>>(residual + offset, lanes));
  }
};

/// Whether `got` is within the error that summing `terms` products of the given magnitude may have.
template <class T> bool close(T got, double want, double magnitude, double terms) {
  const double bound = (terms + 4) * std::numeric_limits<T>::epsilon() * (magnitude + std::abs(want)) + 1e-30;
  return std::abs(static_cast<double>(got) - want) <= bound;
}
