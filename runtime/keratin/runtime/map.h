// Element-wise kernels over strided index spaces of rank 1 to 8:
//
//   struct Expr { template <class V> auto operator()(V a, V b) const { return max(Element<V>(0), a * b); } };
//   kr::map<2>({n * 64, 16}, Expr{}, kr::out<1>(y, {16, 1}), kr::in<1>(a, {16, 1}), kr::in<0>(b, {0, 0}));
//
// y[i][j] = Expr(a[i][j], b). map_all computes several results in one pass:
//
//   struct Both { template <class Y, class Z, class V> void operator()(Y y, Z z, V a) const { y = a + a; z = a * a; } };
//   kr::map_all<1>({n}, Both{}, kr::out<1>(y, {1}), kr::out<1>(z, {1}), kr::in<1>(a, {1}));
//
// Extents and strides count elements. A result may be one of the operands if it has the same strides;
// otherwise it must not overlap them. Cost: one pass over the operands; compilers inline short expressions to the speed of memory.
#pragma once
#include "keratin/runtime/operand.h"
#include "keratin/runtime/pool.h"

KR_BEGIN_NAMESPACE

// What the expression gets of an operand: a vector of its numbers, of booleans a mask beside vectors of the result, and of a result the place to
// assign to. Operands are loaded before the expression runs, so a result may lie over them.
template <class V, class T, int Inner> KR_INLINE auto lanes_at(const Row<const T, Inner>& x, Size i) {
  if constexpr (kSame<T, bool>) return mask_at<V>(x, i);
  else return x.at(i);
}
template <class V, class T, int Inner> KR_INLINE auto lanes_part(const Row<const T, Inner>& x, Size i, Size count) {
  if constexpr (kSame<T, bool>) return mask_at<V>(x, i, count);
  else return x.part(i, count);
}
template <class T, int Inner> KR_INLINE auto scalar_at(const Row<const T, Inner>& x, Size i) { return x.scalar(i); }

template <class V, class R> struct Place {
  const R& row;
  Size i;
  KR_INLINE void operator=(V v) const { row.put(i, v); }
};
template <class V, class R> struct PartPlace {
  const R& row;
  Size i, count;
  KR_INLINE void operator=(V v) const { row.put_part(i, v, count); }
};
template <class T, class R> struct ScalarPlace {
  const R& row;
  Size i;
  template <class S> KR_INLINE void operator=(S x) const { row.put_scalar(i, cast<T>(x)); }
};
template <class V, class T, int Inner> KR_INLINE Place<V, Row<T, Inner>> lanes_at(const Row<T, Inner>& y, Size i) { return {y, i}; }
template <class V, class T, int Inner> KR_INLINE PartPlace<V, Row<T, Inner>> lanes_part(const Row<T, Inner>& y, Size i, Size count) { return {y, i, count}; }
template <class T, int Inner> KR_INLINE ScalarPlace<T, Row<T, Inner>> scalar_at(const Row<T, Inner>& y, Size i) { return {y, i}; }

// An expression with one result, which it returns.
template <class Expr> struct Returned {
  Expr expr;
  template <class Y, class... X> KR_INLINE void operator()(Y y, X... x) const { y = expr(x...); }
};

// One row, full vectors first; the rest as one partly filled vector, so that every element sees the same instructions.
template <class T, class Expr, class... X> KR_INLINE void map_vectors(Size n, const Expr& expr, const X&... x) {
  constexpr int L = kLanes<T>;
  using V = Vec<T, L>;
  Size i = 0;
  for (; i + L <= n; i += L) expr(lanes_at<V>(x, i)...);
  if (i < n) expr(lanes_part<V>(x, i, n - i)...);
}
template <class Expr, class... X> KR_INLINE void map_scalars(Size n, const Expr& expr, const X&... x) {
  for (Size i = 0; i < n; ++i) expr(scalar_at(x, i)...);
}

template <class First, class...> struct FirstOf { using type = First; };
template <class... X> using FirstElement = typename FirstOf<X...>::type::Element;

template <bool Vectors, int Axis, int R, class Expr, class... X> KR_INLINE void map_axes(const Size (&extents)[R], const Expr& expr, X... x) {
  if constexpr (Axis == R - 1) {
    if constexpr (Vectors) map_vectors<FirstElement<X...>>(extents[Axis], expr, typename RowOf<X>::type(x)...);
    else map_scalars(extents[Axis], expr, typename RowOf<X>::type(x)...);
  } else {
    for (Size i = 0; i < extents[Axis]; ++i) {
      map_axes<Vectors, Axis + 1>(extents, expr, x...);
      (x.advance(Axis), ...);
    }
  }
}

template <bool Vectors, int R, class... X> constexpr void check_map() {
  using T = FirstElement<X...>;
  static_assert(R >= 1 && R <= 8 && ((X::rank == R) && ...), "one extent and one stride per axis");
  static_assert(!Vectors || (kFloating<T> && ((kSame<typename X::Element, T> || kSame<typename X::Element, bool>)&&...)),
                "map works on one floating type and booleans; map_scalar on any");
}

template <int R> KR_INLINE bool no_elements(const Size (&extents)[R]) {
  for (int i = 0; i < R; ++i) {
    if (extents[i] <= 0) return true;
  }
  return false;
}

// Cuts the longest axis into one piece per thread; elements do not depend on each other.
template <bool Vectors, int R, class Expr, class... X> inline void map_threads(Pool* pool, const Size (&extents)[R], const Expr& expr, const X&... x) {
  Size elements = 1;
  int axis = 0;
  for (int i = 0; i < R; ++i) {
    elements *= extents[i];
    if (extents[i] > extents[axis]) axis = i;
  }
  const Size unit = axis == R - 1 ? kLanes<FirstElement<X...>> : 1, units = ceil_div(extents[axis], unit);
  const Size pieces = elements < 16384 || pool == nullptr ? 1 : min_size(pool->threads, units);
  parallel(pool, static_cast<int>(pieces), [&](int piece) {
    const Size begin = units * piece / pieces * unit, end = min_size(extents[axis], units * (piece + 1) / pieces * unit);
    Size part[R];
    for (int i = 0; i < R; ++i) part[i] = i == axis ? end - begin : extents[i];
    auto from = [&](auto o) {
      o.advance(axis, begin);
      return o;
    };
    map_axes<Vectors, 0>(part, expr, from(x)...);
  });
}

/// Several results in one pass: expr(results..., operands...) element by element, on vectors; the expression assigns to its results and must
/// have read nothing of them before. Results come first. All are float, or double; operands may be booleans, which the expression gets as
/// masks. A result may be one of the operands if it has the same strides. With a pool, long maps are cut into one piece per thread.
template <int R, class Expr, class... X> inline void map_all(const Size (&extents)[R], const Expr& expr, const X&... x) {
  check_map<true, R, X...>();
  if (!no_elements(extents)) map_axes<true, 0>(extents, expr, x...);
}
template <int R, class Expr, class... X> inline void map_all(Pool* pool, const Size (&extents)[R], const Expr& expr, const X&... x) {
  check_map<true, R, X...>();
  if (!no_elements(extents)) map_threads<true>(pool, extents, expr, x...);
}

/// The same on scalars of any types; results are cast (arithmetic.h) to their types.
template <int R, class Expr, class... X> inline void map_scalar_all(const Size (&extents)[R], const Expr& expr, const X&... x) {
  check_map<false, R, X...>();
  if (!no_elements(extents)) map_axes<false, 0>(extents, expr, x...);
}
template <int R, class Expr, class... X> inline void map_scalar_all(Pool* pool, const Size (&extents)[R], const Expr& expr, const X&... x) {
  check_map<false, R, X...>();
  if (!no_elements(extents)) map_threads<false>(pool, extents, expr, x...);
}

/// y = expr(x...) element by element, on vectors: the expression returns the one result. The rest as map_all.
template <int R, class Expr, class Out, class... In> inline void map(const Size (&extents)[R], const Expr& expr, const Out& y, const In&... x) {
  map_all<R>(extents, Returned<Expr>{expr}, y, x...);
}
template <int R, class Expr, class Out, class... In>
inline void map(Pool* pool, const Size (&extents)[R], const Expr& expr, const Out& y, const In&... x) {
  map_all<R>(pool, extents, Returned<Expr>{expr}, y, x...);
}

/// The same on scalars of any types; the result is cast (arithmetic.h) to the type of y.
template <int R, class Expr, class Out, class... In>
inline void map_scalar(const Size (&extents)[R], const Expr& expr, const Out& y, const In&... x) {
  map_scalar_all<R>(extents, Returned<Expr>{expr}, y, x...);
}
template <int R, class Expr, class Out, class... In>
inline void map_scalar(Pool* pool, const Size (&extents)[R], const Expr& expr, const Out& y, const In&... x) {
  map_scalar_all<R>(pool, extents, Returned<Expr>{expr}, y, x...);
}

KR_END_NAMESPACE
