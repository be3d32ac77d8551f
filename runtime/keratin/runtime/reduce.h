// Reductions over one axis of [outer][reduced][inner], with a function before and one after:
//
//   kr::reduce<kr::Sum>({n, 49, 512}, Square{}, Scale{}, kr::out<1>(y, {512, 1}), kr::in<1>(x, {49 * 512, 512, 1}));
//
// y[o][i] = post(sum over r of pre(x[o][r][i], ...)). reduce_rows takes [outer][reduced] and walks neighbours along the reduced axis.
// One floating type throughout: vectors, sums in blocks that are combined pairwise, always in the same order. Other types: scalars;
// sums of floating numbers then run in double. Operands: operand.h; `reduce` reads [outer][reduced][inner] strides.
// Cost: one read of the operands; inner contiguous walks 4 vectors of neighbours down the reduced axis.
#pragma once
#include "keratin/runtime/operand.h"
#include "keratin/runtime/pool.h"

KR_BEGIN_NAMESPACE

/// Smallest and largest value; infinities where there are.
template <class T> constexpr T lowest_of() {
  if constexpr (kFloating<T>) return static_cast<T>(-__builtin_inff());
  else if constexpr (static_cast<T>(-1) > T{0}) return T{0};
  else return static_cast<T>(UInt64{1} << (8 * sizeof(T) - 1));
}
template <class T> constexpr T highest_of() {
  if constexpr (kFloating<T>) return static_cast<T>(__builtin_inff());
  else if constexpr (kSame<T, bool>) return true;
  else if constexpr (static_cast<T>(-1) > T{0}) return static_cast<T>(-1);
  else return static_cast<T>((UInt64{1} << (8 * sizeof(T) - 1)) - 1);
}

struct Sum {
  template <class T> static constexpr T start() { return T(0); }
  template <class V> static KR_INLINE V combine(V a, V b) { return static_cast<V>(a + b); }
};
struct Prod {
  template <class T> static constexpr T start() { return T(1); }
  template <class V> static KR_INLINE V combine(V a, V b) { return static_cast<V>(a * b); }
};
/// NaN wins.
struct Max {
  template <class T> static constexpr T start() { return lowest_of<T>(); }
  template <class V> static KR_INLINE V combine(V a, V b) { return max_nan(a, b); }
};
struct Min {
  template <class T> static constexpr T start() { return highest_of<T>(); }
  template <class V> static KR_INLINE V combine(V a, V b) { return min_nan(a, b); }
};
/// Of anything that converts to bool.
struct Any {
  template <class T> static constexpr T start() { return T(0); }
  template <class T> static KR_INLINE T combine(T a, T b) { return static_cast<T>(a || b); }
};
struct All {
  template <class T> static constexpr T start() { return T(1); }
  template <class T> static KR_INLINE T combine(T a, T b) { return static_cast<T>(a && b); }
};
/// For `pre` and `post`.
struct Identity {
  template <class V> KR_INLINE V operator()(V x) const { return x; }
};

template <class Op, class V, int N> KR_INLINE void combine_into(V (&a)[N], const V (&b)[N]) {   // a = b op a: b came first
  KR_UNROLL for (int j = 0; j < N; ++j) a[j] = Op::combine(b[j], a[j]);
}

/// The blocks 0 .. blocks - 1, each made by leaf(block, acc), combined as a balanced tree of fixed shape.
template <class Op, class V, int N, class Leaf> KR_INLINE void combine_blocks(Size blocks, V (&acc)[N], Leaf leaf) {
  leaf(Size{0}, acc);
  if (blocks == 1) return;
  V stack[40][N];
  auto keep = [&](int level) KR_INLINE_LAMBDA {
    KR_UNROLL for (int j = 0; j < N; ++j) stack[level][j] = acc[j];
  };
  keep(0);
  for (Size b = 1; b < blocks; ++b) {   // like counting in binary: finished pairs merge upwards
    leaf(b, acc);
    int level = 0;
    for (Size bits = b; (bits & 1) != 0; bits >>= 1) combine_into<Op>(acc, stack[level++]);
    keep(level);
  }
  int level = 0;
  while ((blocks >> level & 1) == 0) ++level;
  KR_UNROLL for (int j = 0; j < N; ++j) acc[j] = stack[level][j];
  for (++level; blocks >> level != 0; ++level) {
    if ((blocks >> level & 1) != 0) combine_into<Op>(acc, stack[level]);
  }
}

inline constexpr Size kReduceBlock = 64;   // rows that are added one after the other

// ---- inner axis on vectors ---------------------------------------------------------------------------------------------------
// `rows` steps down the reduced axis for N vectors of neighbours (or the first `lanes` lanes of one); a single vector in four chains,
// because one addition has to wait for the one before. x: operands at the first row.
template <class Op, bool Part, class V, int N, class Pre, class... In>
KR_INLINE void reduce_block(Size rows, Size lanes, V (&acc)[N], const Pre& pre, In... x) {
  constexpr int kChains = N == 1 ? 4 : 1;
  V chain[kChains][N];
  KR_UNROLL for (int k = 0; k < kChains; ++k) {
    KR_UNROLL for (int j = 0; j < N; ++j) chain[k][j] = broadcast<V>(Op::template start<Element<V>>());
  }
  auto step = [&](V(&sums)[N]) KR_INLINE_LAMBDA {
    KR_UNROLL for (int j = 0; j < N; ++j) {
      if constexpr (Part) sums[j] = Op::combine(sums[j], V(pre(typename RowOf<In>::type(x).part(0, lanes)...)));
      else sums[j] = Op::combine(sums[j], V(pre(typename RowOf<In>::type(x).at(j * kLanesOf<V>)...)));
    }
    (x.advance(1), ...);
  };
  Size r = 0;
  KR_NO_UNROLL for (; r + kChains <= rows; r += kChains) {
    KR_UNROLL for (int k = 0; k < kChains; ++k) step(chain[k]);
  }
  KR_NO_UNROLL for (; r < rows; ++r) step(chain[0]);
  if constexpr (kChains == 4) {
    acc[0] = Op::combine(Op::combine(chain[0][0], chain[1][0]), Op::combine(chain[2][0], chain[3][0]));
  } else {
    KR_UNROLL for (int j = 0; j < N; ++j) acc[j] = chain[0][j];
  }
}
template <class Op, bool Part, int N, class Pre, class Post, class Out, class... In>
KR_INLINE void reduce_columns(Size reduced, Size lanes, const Pre& pre, const Post& post, Out y, In... x) {
  using V = Vec<typename Out::Element, kLanes<typename Out::Element>>;
  V acc[N];
  combine_blocks<Op>(max_size(1, ceil_div(reduced, kReduceBlock)), acc, [&](Size block, V(&sums)[N]) KR_INLINE_LAMBDA {
    auto from = [&](auto o) KR_INLINE_LAMBDA {
      o.advance(1, block * kReduceBlock);
      return o;
    };
    reduce_block<Op, Part>(min_size(kReduceBlock, reduced - block * kReduceBlock), lanes, sums, pre, from(x)...);
  });
  const typename RowOf<Out>::type row(y);
  KR_UNROLL for (int j = 0; j < N; ++j) {
    if constexpr (Part) row.put_part(0, post(acc[j]), lanes);
    else row.put(j * kLanesOf<V>, post(acc[j]));
  }
}

// ---- other types -------------------------------------------------------------------------------------------------------------
template <class Op, class Pre, class Post, class Out, class... In>
KR_INLINE void reduce_scalars(Size outer, Size reduced, Size inner, const Pre& pre, const Post& post, Out y, In... x) {
  using To = typename Out::Element;
  constexpr bool kAdds = kSame<Op, Sum> || kSame<Op, Prod>;
  using Acc = If<kSame<Op, Any> || kSame<Op, All>, bool, If<kFloating<To> && kAdds, double, To>>;
  for (Size o = 0; o < outer; ++o) {
    for (Size i = 0; i < inner; ++i) {
      auto at = [&](auto operand) KR_INLINE_LAMBDA {
        operand.advance(2, i);
        return operand;
      };
      auto result = y;
      result.advance(1, i);
      Acc acc = Op::template start<Acc>();
      [&](auto... place) KR_INLINE_LAMBDA {
        for (Size r = 0; r < reduced; ++r) {
          acc = Op::combine(acc, cast<Acc>(pre(*place.p...)));
          (place.advance(1), ...);
        }
      }(at(x)...);
      *result.p = cast<To>(post(cast<To>(acc)));
    }
    y.advance(0);
    (x.advance(0), ...);
  }
}

/// y[outer][inner] = post(op over the reduced axis of pre(x...[outer][reduced][inner])). Nothing to reduce: op's neutral element.
template <class Op, class Pre, class Post, class Out, class... In>
KR_NOINLINE void reduce(Pool* pool, const Size (&extents)[3], const Pre& pre, const Post& post, const Out& y, const In&... x) {
  using T = typename Out::Element;
  static_assert(Out::rank == 2 && ((In::rank == 3) && ...), "y has strides {outer, inner}, operands {outer, reduced, inner}");
  const Size outer = extents[0], reduced = extents[1], inner = extents[2];
  if (outer <= 0 || inner <= 0) return;
  if constexpr (kFloating<T> && (kSame<typename In::Element, T> && ...) && !kSame<Op, Any> && !kSame<Op, All>) {
    constexpr Size L = kLanes<T>;
    const Size tiles = ceil_div(inner, 4 * L), pieces = outer * reduced * inner < 16384 ? 1 : min_size(outer * tiles, 64);
    parallel(pool, static_cast<int>(pieces), [&](int piece) {
      const Size last = outer * tiles * (piece + 1) / pieces;
      for (Size t = outer * tiles * piece / pieces; t < last; ++t) {
        const Size o = t / tiles, first = t % tiles * 4 * L, count = min_size(4 * L, inner - first);
        auto at = [&](auto operand, Size i) KR_INLINE_LAMBDA {
          operand.advance(0, o);
          operand.advance(decltype(operand)::rank - 1, first + i);
          return operand;
        };
        if (count == 4 * L) {
          reduce_columns<Op, false, 4>(reduced, L, pre, post, at(y, 0), at(x, 0)...);
          continue;
        }
        Size i = 0;
        for (; i + L <= count; i += L) reduce_columns<Op, false, 1>(reduced, L, pre, post, at(y, i), at(x, i)...);
        if (i < count) reduce_columns<Op, true, 1>(reduced, count - i, pre, post, at(y, i), at(x, i)...);
      }
    });
  } else {
    reduce_scalars<Op>(outer, reduced, inner, pre, post, y, x...);
  }
}
template <class Op, class Pre, class Post, class Out, class... In>
KR_INLINE void reduce(const Size (&extents)[3], const Pre& pre, const Post& post, const Out& y, const In&... x) {
  reduce<Op>(nullptr, extents, pre, post, y, x...);
}

// ---- the reduced axis on vectors ---------------------------------------------------------------------------------------------
// Lanes of four accumulators along one row; the last vector counts only with its first lanes.
template <class Op, class V, class Pre, class... In>
KR_INLINE void reduce_row_block(Size count, V (&acc)[4], const Pre& pre, const In&... x) {
  using T = Element<V>;
  constexpr Size L = kLanesOf<V>;
  KR_UNROLL for (int j = 0; j < 4; ++j) acc[j] = broadcast<V>(Op::template start<T>());
  Size i = 0;
  for (; i + 4 * L <= count; i += 4 * L) {
    KR_UNROLL for (int j = 0; j < 4; ++j) acc[j] = Op::combine(acc[j], V(pre(x.at(i + j * L)...)));
  }
  for (; i + L <= count; i += L) acc[0] = Op::combine(acc[0], V(pre(x.at(i)...)));
  if (i < count) {
    const auto real = iota<IntsOf<V>>() < static_cast<Element<IntsOf<V>>>(count - i);
    acc[1] = Op::combine(acc[1], V(select(real, V(pre(x.part(i, count - i)...)), broadcast<V>(Op::template start<T>()))));
  }
}
/// op over pre(x...) of one row.
template <class Op, class T, class Pre, class... In> KR_INLINE T reduce_row(Size count, const Pre& pre, In... x) {
  using V = Vec<T, kLanes<T>>;
  constexpr Size kBlock = 64 * kLanes<T>;
  V acc[4];
  combine_blocks<Op>(max_size(1, ceil_div(count, kBlock)), acc, [&](Size block, V(&sums)[4]) KR_INLINE_LAMBDA {
    auto from = [&](auto o) KR_INLINE_LAMBDA {
      o.advance(decltype(o)::rank - 1, block * kBlock);
      return typename RowOf<decltype(o)>::type(o);
    };
    reduce_row_block<Op>(min_size(kBlock, count - block * kBlock), sums, pre, from(x)...);
  });
  const V all = Op::combine(Op::combine(acc[0], acc[1]), Op::combine(acc[2], acc[3]));
  return fold(all, [](auto a, auto b) KR_INLINE_LAMBDA { return Op::combine(a, b); });
}

/// y[outer] = post(op over the row of pre(x...[outer][reduced])), vectors along the reduced axis: operands are in<1> where that is
/// contiguous. y has the one stride {outer}.
template <class Op, class Pre, class Post, class Out, class... In>
KR_NOINLINE void reduce_rows(Pool* pool, const Size (&extents)[2], const Pre& pre, const Post& post, const Out& y, const In&... x) {
  using T = typename Out::Element;
  static_assert(Out::rank == 1 && ((In::rank == 2) && ...), "y has the stride {outer}, operands {outer, reduced}");
  const Size outer = extents[0], reduced = extents[1];
  if (outer <= 0) return;
  const Size pieces = outer * reduced < 16384 ? 1 : min_size(outer, 64);
  parallel(pool, static_cast<int>(pieces), [&](int piece) {
    const Size last = outer * (piece + 1) / pieces;
    for (Size o = outer * piece / pieces; o < last; ++o) {
      auto at = [&](auto operand) KR_INLINE_LAMBDA {
        operand.advance(0, o);
        return operand;
      };
      if constexpr (kFloating<T> && (kSame<typename In::Element, T> && ...) && !kSame<Op, Any> && !kSame<Op, All>) {
        *at(y).p = post(reduce_row<Op, T>(reduced, pre, at(x)...));
      } else {
        const auto result = at(y);
        auto row = [&](auto operand) KR_INLINE_LAMBDA {
          const auto first = at(operand);
          return Operand<const typename decltype(operand)::Element, strided, 3>{first.p, {0, first.stride[1], 0}};
        };
        reduce_scalars<Op>(1, reduced, 1, pre, post, Operand<T, strided, 2>{result.p, {0, 0}}, row(x)...);
      }
    }
  });
}
template <class Op, class Pre, class Post, class Out, class... In>
KR_INLINE void reduce_rows(const Size (&extents)[2], const Pre& pre, const Post& post, const Out& y, const In&... x) {
  reduce_rows<Op>(nullptr, extents, pre, post, y, x...);
}

KR_END_NAMESPACE
