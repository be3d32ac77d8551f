// Element-wise kernels over strided index spaces of rank 1 to 8:
//
//   struct Expr { template <class V> auto operator()(V a, V b) const { return max(Element<V>(0), a * b); } };
//   kr::map<2>({n * 64, 16}, Expr{}, kr::out<1>(y, {16, 1}), kr::in<1>(a, {16, 1}), kr::in<0>(b, {0, 0}));
//
// y[i][j] = Expr(a[i][j], b). Extents and strides count elements. A result may be one of the operands if it has the same strides;
// otherwise it must not overlap them. Cost: one pass over the operands; compilers inline short expressions to the speed of memory.
#pragma once
#include "keratin/runtime/operand.h"
#include "keratin/runtime/pool.h"

KR_BEGIN_NAMESPACE

// What the expression gets of an operand: a vector of its numbers, or of booleans a mask beside vectors of the result.
template <class V, class T, int Inner> KR_INLINE auto lanes_at(const Row<T, Inner>& x, Size i) {
  if constexpr (kSame<Bare<T>, bool>) return mask_at<V>(x, i);
  else return x.at(i);
}
template <class V, class T, int Inner> KR_INLINE auto lanes_part(const Row<T, Inner>& x, Size i, Size count) {
  if constexpr (kSame<Bare<T>, bool>) return mask_at<V>(x, i, count);
  else return x.part(i, count);
}

// One row, full vectors first; the rest as one partly filled vector, so that every element sees the same instructions.
template <class T, class Expr, class Out, class... In> KR_INLINE void map_vectors(Size n, const Expr& expr, const Out& y, const In&... x) {
  constexpr int L = Out::L;
  using V = Vec<T, L>;
  Size i = 0;
  for (; i + L <= n; i += L) y.put(i, expr(lanes_at<V>(x, i)...));
  if (i < n) y.put_part(i, expr(lanes_part<V>(x, i, n - i)...), n - i);
}
template <class To, class Expr, class Out, class... In> KR_INLINE void map_scalars(Size n, const Expr& expr, const Out& y, const In&... x) {
  for (Size i = 0; i < n; ++i) y.put_scalar(i, cast<To>(expr(x.scalar(i)...)));
}

template <bool Vectors, int Axis, int R, class Expr, class Out, class... In>
KR_INLINE void map_axes(const Size (&extents)[R], const Expr& expr, Out y, In... x) {
  if constexpr (Axis == R - 1) {
    if constexpr (Vectors) map_vectors<typename Out::Element>(extents[Axis], expr, typename RowOf<Out>::type(y), typename RowOf<In>::type(x)...);
    else map_scalars<typename Out::Element>(extents[Axis], expr, typename RowOf<Out>::type(y), typename RowOf<In>::type(x)...);
  } else {
    for (Size i = 0; i < extents[Axis]; ++i) {
      map_axes<Vectors, Axis + 1>(extents, expr, y, x...);
      y.advance(Axis);
      (x.advance(Axis), ...);
    }
  }
}

template <bool Vectors, int R, class Out, class... In> constexpr void check_map() {
  using T = typename Out::Element;
  static_assert(R >= 1 && R <= 8 && Out::rank == R && ((In::rank == R) && ...), "one extent and one stride per axis");
  static_assert(!Vectors || (kFloating<T> && ((kSame<typename In::Element, T> || kSame<typename In::Element, bool>)&&...)),
                "map works on one floating type and booleans; map_scalar on any");
}

template <int R> KR_INLINE bool no_elements(const Size (&extents)[R]) {
  for (int i = 0; i < R; ++i) {
    if (extents[i] <= 0) return true;
  }
  return false;
}

// Cuts the longest axis into one piece per thread; elements do not depend on each other.
template <bool Vectors, int R, class Expr, class Out, class... In>
inline void map_threads(Pool* pool, const Size (&extents)[R], const Expr& expr, const Out& y, const In&... x) {
  Size elements = 1;
  int axis = 0;
  for (int i = 0; i < R; ++i) {
    elements *= extents[i];
    if (extents[i] > extents[axis]) axis = i;
  }
  const Size unit = axis == R - 1 ? kLanes<typename Out::Element> : 1, units = ceil_div(extents[axis], unit);
  const Size pieces = elements < 16384 || pool == nullptr ? 1 : min_size(pool->threads, units);
  parallel(pool, static_cast<int>(pieces), [&](int piece) {
    const Size begin = units * piece / pieces * unit, end = min_size(extents[axis], units * (piece + 1) / pieces * unit);
    Size part[R];
    for (int i = 0; i < R; ++i) part[i] = i == axis ? end - begin : extents[i];
    auto from = [&](auto o) {
      o.advance(axis, begin);
      return o;
    };
    map_axes<Vectors, 0>(part, expr, from(y), from(x)...);
  });
}

/// y = expr(x...) element by element, on vectors. The result and all operands are float, or double; operands may be booleans, which the
/// expression gets as masks. With a pool, long maps are
/// cut into one piece per thread.
template <int R, class Expr, class Out, class... In> inline void map(const Size (&extents)[R], const Expr& expr, const Out& y, const In&... x) {
  check_map<true, R, Out, In...>();
  if (!no_elements(extents)) map_axes<true, 0>(extents, expr, y, x...);
}
template <int R, class Expr, class Out, class... In>
inline void map(Pool* pool, const Size (&extents)[R], const Expr& expr, const Out& y, const In&... x) {
  check_map<true, R, Out, In...>();
  if (!no_elements(extents)) map_threads<true>(pool, extents, expr, y, x...);
}

/// The same on scalars of any types; the result is cast (arithmetic.h) to the type of y.
template <int R, class Expr, class Out, class... In>
inline void map_scalar(const Size (&extents)[R], const Expr& expr, const Out& y, const In&... x) {
  check_map<false, R, Out, In...>();
  if (!no_elements(extents)) map_axes<false, 0>(extents, expr, y, x...);
}
template <int R, class Expr, class Out, class... In>
inline void map_scalar(Pool* pool, const Size (&extents)[R], const Expr& expr, const Out& y, const In&... x) {
  check_map<false, R, Out, In...>();
  if (!no_elements(extents)) map_threads<false>(pool, extents, expr, y, x...);
}

KR_END_NAMESPACE
