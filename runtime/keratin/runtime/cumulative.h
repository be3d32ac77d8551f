// Running results along an axis of [outer][n][inner] (numpy.cumsum, cumprod, maximum.accumulate), and number sequences.
#pragma once
#include "keratin/runtime/reduce.h"

KR_BEGIN_NAMESPACE

/// Direction of a running result; `exclusive` leaves out the element itself, so the first result is Op's neutral element.
struct Running {
  bool backwards = false;
  bool exclusive = false;
};

/// y[o][r][i] = Op over x[o][0 .. r][i], in order; Op is Sum, Prod, Max or Min. y may be x. Vectors where inner > 1.
template <class Op, class T> KR_NOINLINE void cumulative(Size outer, Size n, Size inner, const T* x, T* y, Running running = {}) {
  auto walk = [&](auto first, auto read, auto write, Size offset) KR_INLINE_LAMBDA {
    auto acc = first;
    for (Size r = 0; r < n; ++r) {
      const Size at = offset + (running.backwards ? n - 1 - r : r) * inner;
      const auto value = read(x + at);
      const auto next = Op::combine(acc, value);
      write(y + at, running.exclusive ? acc : next);
      acc = next;
    }
  };
  for (Size o = 0; o < outer; ++o) {
    Size i = 0;
    if constexpr (kFloating<T>) {
      constexpr int L = kLanes<T>;
      for (; inner > 1 && i < inner; i += L) {
        const Size lanes = min_size(L, inner - i);
        walk(splat<L>(Op::template start<T>()), [&](const T* p) KR_INLINE_LAMBDA { return lanes == L ? load<L>(p) : load_part<L>(p, lanes); },
             [&](T* p, Vec<T, L> v) KR_INLINE_LAMBDA { lanes == L ? store(p, v) : store_part(p, v, lanes); }, o * n * inner + i);
      }
    }
    for (; i < inner; ++i) {
      walk(Op::template start<T>(), [](const T* p) KR_INLINE_LAMBDA { return *p; }, [](T* p, T v) KR_INLINE_LAMBDA { *p = v; }, o * n * inner + i);
    }
  }
}

/// y[i] = start + i * step (numpy.arange).
template <class T> KR_NOINLINE void arange(Size n, T start, T step, T* y) {
  for (Size i = 0; i < n; ++i) y[i] = static_cast<T>(start + static_cast<T>(i) * step);
}

KR_END_NAMESPACE
