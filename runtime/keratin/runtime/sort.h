// Sorting along the last axis of [rows][n]: numpy.sort, stable argsort, top_k. NaN counts as larger than every number.
// Heap sort: n log n comparisons for any input, no memory but the results.
#pragma once
#include "keratin/runtime/vector.h"

KR_BEGIN_NAMESPACE

template <class T> KR_INLINE bool sorts_before(T a, T b) {
  if constexpr (kFloating<T>) return a < b || (is_nan(b) && !is_nan(a));
  else return a < b;
}

/// Sorts positions 0 .. n - 1 by before(a, b), a total order, through swap(a, b).
template <class Before, class Swap> KR_INLINE void heap_sort(Size n, Before before, Swap swap) {
  auto sift = [&](Size at, Size end) {   // the largest of each family on top
    for (;;) {
      Size child = 2 * at + 1;
      if (child >= end) return;
      if (child + 1 < end && before(child, child + 1)) ++child;
      if (!before(at, child)) return;
      swap(at, child);
      at = child;
    }
  };
  for (Size at = n / 2; at-- > 0;) sift(at, n);
  for (Size end = n - 1; end > 0; --end) {
    swap(0, end);
    sift(0, end);
  }
}
template <class T> KR_INLINE void exchange_values(T& a, T& b) {
  const T held = a;
  a = b;
  b = held;
}

/// y = each row of x in rising order. y may be x.
template <class T> KR_NOINLINE void sort(Size rows, Size n, const T* x, T* y) {
  for (Size r = 0; r < rows; ++r, x += n, y += n) {
    for (Size i = 0; i < n; ++i) y[i] = x[i];
    heap_sort(
        n, [&](Size a, Size b) { return sorts_before<T>(y[a], y[b]); }, [&](Size a, Size b) { exchange_values(y[a], y[b]); });
  }
}

/// y[r] = the positions of row r's elements in rising order, equals in the order they stand. I: Int32 or Int64.
template <class T, class I> KR_NOINLINE void argsort(Size rows, Size n, const T* x, I* y) {
  for (Size r = 0; r < rows; ++r, x += n, y += n) {
    for (Size i = 0; i < n; ++i) y[i] = static_cast<I>(i);
    heap_sort(
        n,
        [&](Size a, Size b) {
          const T u = x[y[a]], v = x[y[b]];
          return sorts_before<T>(u, v) || (!sorts_before<T>(v, u) && y[a] < y[b]);
        },
        [&](Size a, Size b) { exchange_values(y[a], y[b]); });
  }
}

/// The first k of each row in rising or falling order.
template <bool Rising, class T, class I> KR_INLINE void first_k(Size rows, Size n, Size k, const T* x, T* values, I* indices) {
  for (Size r = 0; r < rows; ++r, x += n, values += k, indices += k) {
    // x[i] ranks before x[j]: before it in the order, or equal and earlier.
    auto precedes = [&](I i, I j) { return Rising ? sorts_before<T>(x[i], x[j]) : sorts_before<T>(x[j], x[i]); };
    auto ranks = [&](I i, I j) { return precedes(i, j) || (!precedes(j, i) && i < j); };
    auto before = [&](Size a, Size b) { return ranks(indices[a], indices[b]); };
    auto swap = [&](Size a, Size b) { exchange_values(indices[a], indices[b]); };
    // A heap of the best so far, the least of them on top.
    for (Size i = 0; i < k; ++i) {
      indices[i] = static_cast<I>(i);
      for (Size at = i; at > 0 && before((at - 1) / 2, at); at = (at - 1) / 2) swap((at - 1) / 2, at);
    }
    for (Size i = k; i < n; ++i) {
      if (!ranks(static_cast<I>(i), indices[0])) continue;
      indices[0] = static_cast<I>(i);
      for (Size at = 0;;) {
        Size child = 2 * at + 1;
        if (child >= k) break;
        if (child + 1 < k && before(child, child + 1)) ++child;
        if (!before(at, child)) break;
        swap(at, child);
        at = child;
      }
    }
    heap_sort(k, before, swap);
    for (Size i = 0; i < k; ++i) values[i] = x[indices[i]];
  }
}

/// The k largest of each row, the largest first, equals in the order they stand: values and indices are [rows][k], 1 <= k <= n.
template <class T, class I> KR_NOINLINE void top_k(Size rows, Size n, Size k, const T* x, T* values, I* indices) {
  first_k<false>(rows, n, k, x, values, indices);
}
/// The k smallest of each row, the smallest first, likewise.
template <class T, class I> KR_NOINLINE void bottom_k(Size rows, Size n, Size k, const T* x, T* values, I* indices) {
  first_k<true>(rows, n, k, x, values, indices);
}

KR_END_NAMESPACE
