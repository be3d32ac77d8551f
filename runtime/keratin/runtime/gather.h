// Reading and writing along an axis by index: Keras Embedding, ops.take, take_along_axis, one_hot, and the sums their gradients are.
// Indices are Int32, Int64 or whole numbers in float. Cost: the bytes moved; rows of one element cost a load each.
#pragma once
#include "keratin/runtime/arithmetic.h"
#include "keratin/runtime/move.h"
#include "keratin/runtime/status.h"

KR_BEGIN_NAMESPACE

/// Whether negative indices count from the end.
enum class Negative { refused, from_end };

template <Negative negative, class I> KR_INLINE Size index_at(const I* indices, Size k, Size size) {
  const Size i = static_cast<Size>(cast<Int64>(indices[k]));
  return negative == Negative::from_end && i < 0 ? i + size : i;
}
/// Ok if `count` indices lie within an axis of `size` elements.
template <Negative negative, class I> KR_NOINLINE Status check_indices(Size count, const I* indices, Size size) {
  bool good = true;
  for (Size k = 0; k < count; ++k) {
    const Size i = index_at<negative>(indices, k, size);
    good = good && i >= 0 && i < size;
  }
  if (!good) return {StatusCode::index_out_of_range, "an index lies outside its axis"};
  return {};
}

/// y[o][k][.] = x[o][indices[o / share * index_stride + k]][.] for x [outer][size][inner], y [outer][count][inner]; index_stride 0: the same
/// indices for every o; share: as many o in a row take the same ones. An index out of range is an error, and nothing is written.
template <Negative negative = Negative::from_end, class T, class I>
KR_NOINLINE Status gather(Size outer, Size size, Size inner, Size count, const T* x, const I* indices, Size index_stride, T* y, Size share = 1) {
  if (const Status s = check_indices<negative>(index_stride == 0 ? count : (outer / share - 1) * index_stride + count, indices, size); !s) return s;
  for (Size o = 0; o < outer; ++o) {
    const I* row = indices + o / share * index_stride;
    const T* from = x + o * size * inner;
    if (inner == 1) {
      for (Size k = 0; k < count; ++k) *y++ = from[index_at<negative>(row, k, size)];
    } else {
      for (Size k = 0; k < count; ++k, y += inner) {
        copy_bytes(y, from + index_at<negative>(row, k, size) * inner, inner * static_cast<Size>(sizeof(T)));
      }
    }
  }
  return {};
}

/// y[o][k][i] = x[o][indices[o][k][i]][i], x [outer][size][inner], indices and y [outer][count][inner] (numpy.take_along_axis).
template <Negative negative = Negative::from_end, class T, class I>
KR_NOINLINE Status take_along(Size outer, Size size, Size inner, Size count, const T* x, const I* indices, T* y) {
  if (const Status s = check_indices<negative>(outer * count * inner, indices, size); !s) return s;
  for (Size o = 0; o < outer; ++o, x += size * inner) {
    for (Size k = 0; k < count; ++k) {
      for (Size i = 0; i < inner; ++i, ++indices, ++y) *y = x[index_at<negative>(indices, 0, size) * inner + i];
    }
  }
  return {};
}

/// y[o][indices[o / share * index_stride + k]][.] += x[o][k][.], k in rising order; y [outer][size][inner] keeps what it holds elsewhere.
template <Negative negative = Negative::from_end, class T, class I>
KR_NOINLINE Status scatter_add(Size outer, Size size, Size inner, Size count, const T* x, const I* indices, Size index_stride, T* y, Size share = 1) {
  if (const Status s = check_indices<negative>(index_stride == 0 ? count : (outer / share - 1) * index_stride + count, indices, size); !s) return s;
  for (Size o = 0; o < outer; ++o, y += size * inner) {
    for (Size k = 0; k < count; ++k, x += inner) {
      T* to = y + index_at<negative>(indices, o / share * index_stride + k, size) * inner;
      Size i = 0;
      if constexpr (kFloating<T>) {
        for (; i + kLanes<T> <= inner; i += kLanes<T>) store(to + i, load<kLanes<T>>(to + i) + load<kLanes<T>>(x + i));
      }
      for (; i < inner; ++i) to[i] = static_cast<T>(to[i] + x[i]);
    }
  }
  return {};
}
/// y[o][indices[o][k][i]][i] += x[o][k][i]: the sum that belongs to take_along.
template <Negative negative = Negative::from_end, class T, class I>
KR_NOINLINE Status scatter_add_along(Size outer, Size size, Size inner, Size count, const T* x, const I* indices, T* y) {
  if (const Status s = check_indices<negative>(outer * count * inner, indices, size); !s) return s;
  for (Size o = 0; o < outer; ++o, y += size * inner) {
    for (Size k = 0; k < count; ++k) {
      for (Size i = 0; i < inner; ++i, ++indices, ++x) {
        T& to = y[index_at<negative>(indices, 0, size) * inner + i];
        to = static_cast<T>(to + *x);
      }
    }
  }
  return {};
}

/// y[k][c] = c == indices[k] ? 1 : 0 for `classes` values of c; an index outside gives a row of zeros, as in Keras.
template <class T, class I> KR_NOINLINE void one_hot(Size count, Size classes, const I* indices, T* y) {
  fill(count * classes, y, T(0));
  for (Size k = 0; k < count; ++k) {
    const Size i = static_cast<Size>(cast<Int64>(indices[k]));
    if (i >= 0 && i < classes) y[k * classes + i] = T(1);
  }
}

KR_END_NAMESPACE
