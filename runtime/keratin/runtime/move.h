// Moving elements: strided copies of any rank (transpose, slice, pad, concatenate, reverse, broadcast), fills.
// Cost: the bytes read and written; transposes of 4 and 8 byte elements go through registers by square tiles.
#pragma once
#include "keratin/runtime/vector.h"

KR_BEGIN_NAMESPACE

/// Bytes that do not overlap; short runs without a call.
KR_INLINE void copy_bytes(void* to, const void* from, Size bytes) {
  auto* d = static_cast<UInt8*>(to);
  const auto* s = static_cast<const UInt8*>(from);
  constexpr Size B = kVectorBytes;
  if (bytes >= 4096) {
    __builtin_memcpy(to, from, static_cast<__SIZE_TYPE__>(bytes));
  } else if (bytes >= B) {
    for (Size i = 0; i + B <= bytes; i += B) store(d + i, load<B>(s + i));
    store(d + bytes - B, load<B>(s + bytes - B));   // the rest, and some bytes once more
  } else if (bytes >= 16) {
    for (Size i = 0; i + 16 <= bytes; i += 16) store(d + i, load<16>(s + i));
    store(d + bytes - 16, load<16>(s + bytes - 16));
  } else if (bytes >= 4) {
    for (Size i = 0; i + 4 <= bytes; i += 4) __builtin_memcpy(d + i, s + i, 4);
    __builtin_memcpy(d + bytes - 4, s + bytes - 4, 4);
  } else {
    for (Size i = 0; i < bytes; ++i) d[i] = s[i];
  }
}

/// The number of examples as a value of the model.
template <class T> KR_INLINE void store_size(Size n, T* y) { *y = static_cast<T>(n); }

/// n elements of one value.
template <class T> KR_INLINE void fill(Size n, T* d, T value) {
  for (Size i = 0; i < n; ++i) d[i] = value;
}

// ---- transposition of a tile in registers ------------------------------------------------------------------------------------
// Exchanges the off-diagonal quarters of every 2S x 2S block: rows r and r + S.
template <int S, bool Upper, class V, int... I> KR_INLINE V exchange(V a, V b, Indices<I...>) {
  constexpr int L = sizeof...(I);
#if defined(__clang__) || __GNUC__ >= 12
  if constexpr (!Upper) return __builtin_shufflevector(a, b, ((I & S) == 0 ? I : L + I - S)...);
  else return __builtin_shufflevector(a, b, ((I & S) == 0 ? I + S : L + I)...);
#else
  using M = IntsOf<V>;
  if constexpr (!Upper) return __builtin_shuffle(a, b, M{((I & S) == 0 ? I : L + I - S)...});
  else return __builtin_shuffle(a, b, M{((I & S) == 0 ? I + S : L + I)...});
#endif
}
template <int S, class V, int L> KR_INLINE void transpose_step(V (&v)[L]) {
  KR_UNROLL for (int r = 0; r < L; ++r) {
    if ((r & S) != 0) continue;
    const V a = v[r], b = v[r + S];
    v[r] = exchange<S, false>(a, b, upto<L>());
    v[r + S] = exchange<S, true>(a, b, upto<L>());
  }
  if constexpr (S > 1) transpose_step<S / 2>(v);
}
/// d[a * dstep + j] = s[a + j * sstep] for a < na, j < nj, both at most L.
template <bool Whole, int L, class T> KR_INLINE void transpose_tile(T* d, Size dstep, const T* s, Size sstep, Size na, Size nj) {
  Vec<T, L> v[L];
  KR_UNROLL for (int j = 0; j < L; ++j) {
    if constexpr (Whole) v[j] = load<L>(s + j * sstep);
    else v[j] = j < nj ? load_part<L>(s + j * sstep, na) : Vec<T, L>{};
  }
  transpose_step<L / 2>(v);
  KR_UNROLL for (int a = 0; a < L; ++a) {
    if constexpr (Whole) store(d + a * dstep, v[a]);
    else if (a < na) store_part(d + a * dstep, v[a], nj);
  }
}
/// d[a * dstep + j] = s[a + j * sstep] for a < na, j < nj: the transposition of a matrix.
template <class T> KR_NOINLINE void transpose(Size na, Size nj, T* d, Size dstep, const T* s, Size sstep) {
  if constexpr (sizeof(T) == 4 || sizeof(T) == 8) {
    constexpr int L = kVectorBytes / static_cast<int>(sizeof(T));
    for (Size a = 0; a < na; a += L) {
      const Size rows = min_size(L, na - a);
      for (Size j = 0; j < nj; j += L) {
        const Size columns = min_size(L, nj - j);
        if (rows == L && columns == L) transpose_tile<true, L>(d + a * dstep + j, dstep, s + a + j * sstep, sstep, L, L);
        else transpose_tile<false, L>(d + a * dstep + j, dstep, s + a + j * sstep, sstep, rows, columns);
      }
    }
  } else {
    constexpr Size B = 32;   // both sides of a block stay in the first-level cache
    for (Size a0 = 0; a0 < na; a0 += B) {
      for (Size j0 = 0; j0 < nj; j0 += B) {
        for (Size a = a0; a < min_size(na, a0 + B); ++a) {
          for (Size j = j0; j < min_size(nj, j0 + B); ++j) d[a * dstep + j] = s[a + j * sstep];
        }
      }
    }
  }
}

// ---- strided copies ----------------------------------------------------------------------------------------------------------
/// Axes of a copy: extent, stride in the destination, stride in the source.
struct CopyAxis {
  Size n, d, s;
};
/// Axes by falling destination stride, those of one element dropped, neighbours merged where both sides allow it. Returns how many.
inline int order_axes(CopyAxis* axes, int count) {
  int kept = 0;
  for (int i = 0; i < count; ++i) {
    const CopyAxis axis = axes[i];
    if (axis.n == 1) continue;
    int at = kept++;
    auto size = [](Size x) { return x < 0 ? -x : x; };
    for (; at > 0 && size(axes[at - 1].d) < size(axis.d); --at) axes[at] = axes[at - 1];
    axes[at] = axis;
  }
  int merged = 0;
  for (int i = 0; i < kept; ++i) {
    if (merged > 0) {
      CopyAxis& last = axes[merged - 1];
      if (last.d == axes[i].d * axes[i].n && last.s == axes[i].s * axes[i].n) {
        last = {last.n * axes[i].n, axes[i].d, axes[i].s};
        continue;
      }
    }
    axes[merged++] = axes[i];
  }
  return merged;
}

/// f(d, s) for every position of the axes.
template <class T, class F> KR_INLINE void for_positions(const CopyAxis* axes, int count, T* d, const T* s, F f) {
  Size at[8] = {};
  for (;;) {
    f(d, s);
    int axis = count - 1;
    for (; axis >= 0; --axis) {
      d += axes[axis].d;
      s += axes[axis].s;
      if (++at[axis] < axes[axis].n) break;
      d -= axes[axis].d * axes[axis].n;
      s -= axes[axis].s * axes[axis].n;
      at[axis] = 0;
    }
    if (axis < 0) return;
  }
}

template <class T> KR_NOINLINE void copy_axes(CopyAxis* axes, int count, T* d, const T* s) {
  count = order_axes(axes, count);
  if (count == 0) {
    *d = *s;
    return;
  }
  const CopyAxis row = axes[count - 1];
  if (row.d == 1 && row.s == 1) {
    for_positions(axes, count - 1, d, s, [&](T* to, const T* from) KR_INLINE_LAMBDA { copy_bytes(to, from, row.n * static_cast<Size>(sizeof(T))); });
    return;
  }
  if (row.d == 1 && row.s == 0) {
    for_positions(axes, count - 1, d, s, [&](T* to, const T* from) KR_INLINE_LAMBDA { fill(row.n, to, *from); });
    return;
  }
  for (int a = 0; row.d == 1 && a < count - 1; ++a) {
    if (axes[a].s != 1) continue;
    const CopyAxis other = axes[a];
    for (int i = a; i + 1 < count; ++i) axes[i] = axes[i + 1];
    for_positions(axes, count - 2, d, s, [&](T* to, const T* from) KR_INLINE_LAMBDA { transpose(other.n, row.n, to, other.d, from, row.s); });
    return;
  }
  for_positions(axes, count - 1, d, s, [&](T* to, const T* from) KR_INLINE_LAMBDA {
    for (Size i = 0; i < row.n; ++i) to[i * row.d] = from[i * row.s];
  });
}

/// d[i0 * dstride0 + i1 * dstride1 + ...] = s[i0 * sstride0 + ...] over all extents. Strides in elements, of either sign; a source stride
/// of 0 repeats. The sides do not overlap, and no two positions of d are the same.
template <int R, class T> KR_INLINE void copy(const Size (&extents)[R], T* d, const Size (&dstrides)[R], const T* s, const Size (&sstrides)[R]) {
  static_assert(R >= 1 && R <= 8);
  CopyAxis axes[R];
  for (int i = 0; i < R; ++i) {
    if (extents[i] <= 0) return;
    axes[i] = {extents[i], dstrides[i], sstrides[i]};
  }
  copy_axes(axes, R, d, s);
}
/// The same value everywhere in a strided block: borders of padding.
template <int R, class T> KR_INLINE void fill(const Size (&extents)[R], T* d, const Size (&dstrides)[R], T value) {
  constexpr Size kNone[8] = {};
  CopyAxis axes[R];
  for (int i = 0; i < R; ++i) {
    if (extents[i] <= 0) return;
    axes[i] = {extents[i], dstrides[i], kNone[i]};
  }
  copy_axes(axes, R, d, &value);
}

KR_END_NAMESPACE
