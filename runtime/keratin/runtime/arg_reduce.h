// Where the largest or smallest element stands: numpy.argmax and argmin over one axis of [outer][reduced][inner]. The first of equals;
// the first NaN, where there is one. Any element type.
#pragma once
#include "keratin/runtime/operand.h"

KR_BEGIN_NAMESPACE

struct ArgMax {
  template <class V> static KR_INLINE auto better(V a, V b) { return a > b; }
};
struct ArgMin {
  template <class V> static KR_INLINE auto better(V a, V b) { return a < b; }
};

/// Whether `next`, further on, replaces `best`.
template <class Op, class V> KR_INLINE auto replaces(V next, V best) {
  if constexpr (kFloating<Element<V>>) return logical_or(Op::better(next, best), logical_and(is_nan(next), logical_not(is_nan(best))));
  else return Op::better(next, best);
}

// One vector of neighbours down the reduced axis.
template <class Op, class X> KR_INLINE auto arg_column(Size reduced, Size lanes, X x) {
  using T = typename X::Element;
  constexpr int L = kLanes<T>;
  using V = Vec<T, L>;
  using I = IntsOf<V>;
  auto at = [&](const X& o) KR_INLINE_LAMBDA {
    const typename RowOf<X>::type row(o);
    return lanes == L ? V(row.at(0)) : V(row.part(0, lanes));
  };
  V best = at(x);
  I index{};
  for (Size r = 1; r < reduced; ++r) {
    x.advance(1);
    const V next = at(x);
    const auto better = replaces<Op>(next, best);
    best = select(better, next, best);
    index = select(better, broadcast<I>(static_cast<Element<I>>(r)), index);
  }
  return index;
}
// Along one row: each lane keeps its own best, the earliest of the best lanes wins.
template <class Op, class X> KR_INLINE Size arg_row(Size reduced, const X& x) {
  using T = typename X::Element;
  constexpr int L = kLanes<T>;
  using V = Vec<T, L>;
  using I = IntsOf<V>;
  Size found = 0, i = 0;
  T best = *x.p;
  if (reduced >= L) {
    V bests = load<L>(x.p);
    I index = iota<I>(), place = index;
    for (i = L; i + L <= reduced; i += L) {
      const V next = load<L>(x.p + i);
      place = place + static_cast<Element<I>>(L);
      const auto better = replaces<Op>(next, bests);
      bests = select(better, next, bests);
      index = select(better, place, index);
    }
    best = bests[0];
    found = index[0];
    for (int l = 1; l < L; ++l) {
      const T value = bests[l];
      const Size at = index[l];
      const bool equal = value == best || (is_nan(value) && is_nan(best));
      if (replaces<Op>(value, best) || (equal && at < found)) {
        best = value;
        found = at;
      }
    }
  }
  for (; i < reduced; ++i) {
    if (replaces<Op>(x.p[i], best)) {
      best = x.p[i];
      found = i;
    }
  }
  return found;
}

/// y[outer][inner] = index of the best of x[outer][.][inner]; extents {outer, reduced, inner} with reduced >= 1; y of any number type.
template <class Op, class Out, class X> KR_NOINLINE void arg_reduce(const Size (&extents)[3], Out y, X x) {
  using T = typename X::Element;
  using To = typename Out::Element;
  static_assert(Out::rank == 2 && X::rank == 3, "y has strides {outer, inner}, x {outer, reduced, inner}");
  const Size outer = extents[0], reduced = extents[1], inner = extents[2];
  if (reduced <= 0) return;
  for (Size o = 0; o < outer; ++o) {
    auto result = y;
    auto first = x;
    for (Size i = 0; i < inner;) {
      Size count = 1;
      bool done = false;
      if constexpr (kFloating<T>) {
        if (inner == 1 && x.stride[1] == 1) {
          *result.p = static_cast<To>(arg_row<Op>(reduced, first));
          done = true;
        } else if (inner > 1) {
          count = min_size(kLanes<T>, inner - i);
          const auto index = arg_column<Op>(reduced, count, first);
          for (Size l = 0; l < count; ++l) result.p[l * result.stride[1]] = static_cast<To>(index[static_cast<int>(l)]);
          done = true;
        }
      }
      if (!done) {
        Size found = 0;
        for (Size r = 1; r < reduced; ++r) {
          if (replaces<Op>(static_cast<T>(first.p[r * x.stride[1]]), static_cast<T>(first.p[found * x.stride[1]]))) found = r;
        }
        *result.p = static_cast<To>(found);
      }
      result.advance(1, count);
      first.advance(2, count);
      i += count;
    }
    y.advance(0);
    x.advance(0);
  }
}

KR_END_NAMESPACE
