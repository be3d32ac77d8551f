// Scaled dot-product attention of many heads: softmax(scale * q k^T, masked) v, with the scores of a few queries at a time, which
// stay in the first-level cache. Grouped heads (several query heads share a key head) included.
//
// Cost, per head: 2 * queries * keys * (D + DV) flops at 60-85 % of the multiply-add peak from 8 queries on, queries * keys exponentials
// (0.1-0.3 ns each on AVX-512), and keys * D elements transposed. Causal without another mask: about half of the first two.
#pragma once
#include "keratin/runtime/elementary.h"
#include "keratin/runtime/move.h"
#include "keratin/runtime/pool.h"
#include "keratin/runtime/tile.h"

KR_BEGIN_NAMESPACE

/// Rows of a query, key, value or output: data + b * batch + t * step + h * head, in elements; each row is contiguous.
template <class T> struct AttentionRows {
  T* data;
  Size batch, step, head;
};
/// A mask or bias [batch][head][query][key] with any strides in elements, 0 where it is broadcast. data may be nullptr: none.
template <class M> struct AttentionMask {
  const M* data = nullptr;
  Size batch = 0, head = 0, query = 0, key = 0;
};

template <class T> struct AttentionShape {
  Size batches, heads, queries, keys;   // heads of the queries
  Size sharing = 1;                     // query heads per head of keys and values: head h uses key head h / sharing
  T scale = T(1);                       // multiplies the queries
  bool causal = false;                  // key j is masked for query i where j > i, besides the mask
  T masked_score = T(-1e9);             // scores of masked places; above -1e8 nothing is skipped
  bool add_masked_score = false;        // masked_score is added to the score, not put in its place
  bool zero_masked = false;             // masked places weigh nothing, even where a query has no other
  int parts = 1;                        // parts that may run at the same time; each has its own scratch memory
};

inline constexpr int kAttentionRows = kVectorRegisters == 32 ? 8 : 6;   // queries of a tile

/// Keys padded to whole vectors.
template <class T> constexpr Size padded_keys(Size keys) { return ceil_div(keys, 2 * kLanes<T>) * 2 * kLanes<T>; }
template <class T, int D> constexpr Size attention_part_scratch(Size keys) {
  return (D + kAttentionRows) * padded_keys<T>(keys) + kAttentionRows * D;
}
/// Elements of scratch memory on any machine, for `parts` parts.
template <class T, int D> constexpr Size attention_scratch(Size keys, int parts) {
  return parts * ((D + 8) * (ceil_div(keys, 32) * 32) + 8 * D);
}

/// `count` (at most L) elements along a stride; the lanes beyond are zeros.
template <int L, class M> KR_INLINE Vec<M, L> load_along(const M* p, Size stride, Size count) {
  if (stride == 1) return load_lanes<L>(p, count);
  Vec<M, L> v{};
  for (int i = 0; i < L; ++i) {
    if (i < count) v[i] = p[i * stride];
  }
  return v;
}

template <class T, int D, int DV> struct AttentionKernel {
  static constexpr int L = kLanes<T>, kPanel = 2 * L, kRows = kAttentionRows;
  static constexpr int kValueVectors = (DV + L - 1) / L;
  using V = Vec<T, L>;
  using Allowed = Mask<T, L>;

  const AttentionShape<T>& shape;
  AttentionRows<const T> q, k, v;
  AttentionRows<T> y;
  AttentionMask<bool> mask;
  AttentionMask<T> bias;
  T* weights;   // [batch][head][query][key] or nullptr

  /// Without a mask, keys after the query weigh nothing: they are left out.
  KR_INLINE bool skips() const { return shape.causal && mask.data == nullptr && shape.masked_score <= T(-1e8); }
  KR_INLINE bool masks() const { return mask.data != nullptr || (shape.causal && !skips()); }

  KR_INLINE Size seen_keys(Size query) const { return skips() ? min_size(shape.keys, query + 1) : shape.keys; }

  /// Keys of one head as panels [D][kPanel], zeros beyond the last key.
  KR_INLINE void pack_keys(const T* keys, T* packed) const {
    for (Size key = 0; key < shape.keys; key += kPanel) {
      const Size count = min_size(kPanel, shape.keys - key);
      T* panel = packed + key * D;
      if (count < kPanel) fill<T>(D * kPanel, panel, T(0));
      transpose<T>(D, count, panel, kPanel, keys + key * k.step, k.step);
    }
  }

  /// scores[i][key] = queries[i] . keys[key] for the first `keys` keys, rounded up to vectors.
  template <int R> KR_INLINE void scores_of(const T* queries, const T* packed, Size keys, T* scores, Size stride) const {
    constexpr int kChains = tile_chains(R, 2);
    KR_NO_UNROLL for (Size key = 0; key < keys; key += kPanel) {
      V acc[kChains][R][2];
      begin_tile<T>(acc, nullptr, kPanel);
      multiply_add(acc, D, queries, D, packed + key * D, kPanel);
      KR_UNROLL for (int i = 0; i < R; ++i) {
        KR_UNROLL for (int j = 0; j < 2; ++j) {
          KR_UNROLL for (int half = kChains / 2; half > 0; half /= 2) {
            KR_UNROLL for (int u = 0; u < half; ++u) acc[u][i][j] += acc[u + half][i][j];
          }
          store(scores + i * stride + key + j * L, acc[0][i][j]);
        }
      }
    }
  }

  /// Which of the keys key .. key + L - 1 the query may see.
  KR_INLINE Allowed allowed(const bool* row, Size query, Size key, Size count) const {
    Allowed seen = ~Allowed{};
    if (row != nullptr) {
      const auto bytes = load_along<L>(reinterpret_cast<const UInt8*>(row) + key * mask.key, mask.key, count);
      seen = convert<Element<Allowed>>(bytes) != 0;
    }
    if (shape.causal) seen = seen & (iota<Allowed>() <= broadcast<Allowed>(static_cast<Element<Allowed>>(query - key)));
    return seen;
  }
  /// Adds the bias and masks the scores of one query.
  KR_NOINLINE void mask_scores(Size batch, Size head, Size query, Size keys, T* scores) const {
    const bool* seen = mask.data == nullptr ? nullptr : mask.data + batch * mask.batch + head * mask.head + query * mask.query;
    const T* added = bias.data == nullptr ? nullptr : bias.data + batch * bias.batch + head * bias.head + query * bias.query;
    KR_NO_UNROLL for (Size key = 0; key < keys; key += L) {
      const Size count = min_size(L, keys - key);
      V s = load<L>(scores + key);
      if (added != nullptr) s = s + load_along<L>(added + key * bias.key, bias.key, count);
      if (masks()) {
        const V low = shape.add_masked_score ? s + shape.masked_score : broadcast<V>(shape.masked_score);
        s = select(allowed(seen, query, key, count), s, low);
      }
      store(scores + key, s);
    }
  }
  /// Sets the weights of masked places to zero.
  KR_NOINLINE void zero_masked(Size batch, Size head, Size query, Size keys, T* scores) const {
    const bool* seen = mask.data == nullptr ? nullptr : mask.data + batch * mask.batch + head * mask.head + query * mask.query;
    KR_NO_UNROLL for (Size key = 0; key < keys; key += L) {
      store(scores + key, select(allowed(seen, query, key, min_size(L, keys - key)), load<L>(scores + key), V{}));
    }
  }

  /// Sets the scores of keys .. end - 1 (end: a multiple of L) to -infinity, which exp turns into nothing.
  static KR_INLINE void blank(T* scores, Size keys, Size end) {
    const V nothing = broadcast<V>(static_cast<T>(-__builtin_inff()));
    Size key = keys / L * L;
    if (key < keys) {
      const auto real = iota<IntsOf<V>>() < static_cast<Element<IntsOf<V>>>(keys - key);
      store(scores + key, select(real, load<L>(scores + key), nothing));
      key += L;
    }
    KR_NO_UNROLL for (; key < end; key += L) store(scores + key, nothing);
  }
  // Below, exp is taken for zero: results that are not normal numbers cost 100 cycles each.
  static constexpr T kNothing = sizeof(T) == 4 ? T(-87) : T(-708);
  /// The exponentials of the first `end` scores of G rows less the largest of the row; factors = 1 / their sum. Rows together: one
  /// alone would wait for its maximum, its sum and the division.
  template <int G> static KR_NOINLINE void exponentials(T* scores, Size stride, Size end, T* factors) {
    V top[G], total[G];
    KR_UNROLL for (int i = 0; i < G; ++i) top[i] = load<L>(scores + i * stride);
    KR_NO_UNROLL for (Size key = L; key < end; key += L) {
      KR_UNROLL for (int i = 0; i < G; ++i) top[i] = max(top[i], load<L>(scores + i * stride + key));
    }
    KR_UNROLL for (int i = 0; i < G; ++i) {
      top[i] = broadcast<V>(fold(top[i], [](auto x, auto y) KR_INLINE_LAMBDA { return max(x, y); }));
      total[i] = V{};
    }
    KR_NO_UNROLL for (Size key = 0; key < end; key += L) {
      KR_UNROLL for (int i = 0; i < G; ++i) {
        T* at = scores + i * stride + key;
        const V below = load<L>(at) - top[i];
        const V e = select(below < kNothing, V{}, exp(max(kNothing, below)));
        store(at, e);
        total[i] = total[i] + e;
      }
    }
    KR_UNROLL for (int i = 0; i < G; ++i) factors[i] = T(1) / sum(total[i]);
  }

  /// out[i] = factors[i] * sum over keys of scores[i][key] * values[key], for `real` of R rows.
  template <int R, int First = 0>
  KR_INLINE void values_of(const T* scores, Size stride, Size keys, const T* values, const T* factors, T* out, Size real) const {
    if constexpr (First < kValueVectors) {
      constexpr int NV = tile_vectors(R, kValueVectors - First);
      V acc[R][NV];
      KR_UNROLL for (int i = 0; i < R; ++i) {
        KR_UNROLL for (int j = 0; j < NV; ++j) acc[i][j] = V{};
      }
      const T* from = values + First * L;
      const T* a = scores;
      KR_NO_UNROLL for (Size key = 0; key < keys; ++key, ++a, from += v.step) {
        V b[NV];
        KR_UNROLL for (int j = 0; j < NV; ++j) {
          b[j] = load_lanes<L>(from + j * L, DV - (First + j) * L);
          if constexpr (R > 1 && NV <= 2) KR_PIN(b[j]);
        }
        KR_UNROLL for (int i = 0; i < R; ++i) {
          KR_UNROLL for (int j = 0; j < NV; ++j) acc[i][j] += a[i * stride] * b[j];
        }
      }
      KR_UNROLL for (int i = 0; i < R; ++i) {
        if (i >= real) break;
        KR_UNROLL for (int j = 0; j < NV; ++j) {
          store_lanes(out + i * y.step + (First + j) * L, acc[i][j] * factors[i], DV - (First + j) * L);
        }
      }
      values_of<R, First + NV>(scores, stride, keys, values, factors, out, real);
    }
  }

  /// `real` <= R queries from `query` on.
  template <int R> KR_NOINLINE void tile(Size batch, Size head, Size query, Size real, const T* packed, T* scores, T* queries) const {
    const Size stride = padded_keys<T>(shape.keys), kv_head = head / shape.sharing;
    const Size last = skips() ? min_size(shape.keys, query + real) : shape.keys, end = ceil_div(last, L) * L;
    for (Size i = 0; i < real; ++i) {
      const T* from = q.data + batch * q.batch + head * q.head + (query + i) * q.step;
      for (int d = 0; d < D; ++d) queries[i * D + d] = from[d] * shape.scale;
    }
    for (Size i = real * D; i < R * D; ++i) queries[i] = T(0);
    scores_of<R>(queries, packed, last, scores, stride);
    for (Size i = 0; i < real; ++i) {
      const Size keys = seen_keys(query + i);
      if (masks() || bias.data != nullptr) mask_scores(batch, head, query + i, keys, scores + i * stride);
      if (keys < end) blank(scores + i * stride, keys, end);
    }
    T factors[R];
    constexpr int kTogether = R % 4 == 0 ? 4 : R % 3 == 0 ? 3 : 1;
    for (int i = 0; i < R; i += kTogether) exponentials<kTogether>(scores + i * stride, stride, end, factors + i);
    for (Size i = 0; i < real && (weights != nullptr || shape.zero_masked); ++i) {
      T* row = scores + i * stride;
      const Size keys = seen_keys(query + i);
      if (shape.zero_masked && masks()) zero_masked(batch, head, query + i, keys, row);
      if (weights != nullptr) {
        T* to = weights + ((batch * shape.heads + head) * shape.queries + query + i) * shape.keys;
        for (Size key = 0; key < shape.keys; ++key) to[key] = key < keys ? row[key] * factors[i] : T(0);
      }
    }
    const T* values = v.data + batch * v.batch + kv_head * v.head;
    values_of<R>(scores, stride, last, values, factors, y.data + batch * y.batch + head * y.head + query * y.step, real);
  }

  /// Heads first .. last - 1 of all batches.
  KR_NOINLINE void run(Size first, Size last, T* scratch) const {
    T *packed = scratch, *scores = packed + D * padded_keys<T>(shape.keys), *queries = scores + kRows * padded_keys<T>(shape.keys);
    Size have = -1;   // what is packed: heads that share keys follow one another
    for (Size i = first; i < last; ++i) {
      const Size batch = i / shape.heads, head = i % shape.heads, keys_of = batch * shape.heads + head / shape.sharing;
      if (keys_of != have) pack_keys(k.data + batch * k.batch + head / shape.sharing * k.head, packed);
      have = keys_of;
      const RowTiles tiles(shape.queries, kRows);
      for (Size t = 0; t < tiles.count; ++t) {
        const Size query = tiles.row(t), real = tiles.row(t + 1) - query;
        if (real == 1) tile<1>(batch, head, query, real, packed, scores, queries);
        else if (real <= kRows / 2) tile<kRows / 2>(batch, head, query, real, packed, scores, queries);
        else tile<kRows>(batch, head, query, real, packed, scores, queries);
      }
    }
  }
};

/// y[b][i][h] = sum over j of p[i][j] v[b][j][h'], p = softmax over j of (scale * q[b][i][h] . k[b][j][h'] + bias, masked), with
/// h' = h / sharing. D: length of queries and keys, DV: of values and outputs. mask: true = the key is seen (Keras's attention_mask
/// and query, key and value masks ANDed); bias: added to the scores before masking. weights: p is stored there too,
/// [batches][heads][queries][keys]; nullptr: not wanted. keys >= 1. scratch: attention_scratch<T, D>(keys, shape.parts) elements.
/// Keras: MultiHeadAttention masks with -1e9 in place of the score, dot_product_attention with -0.7 times the largest number, the
/// Attention layer adds -1e9.
template <class T, int D, int DV = D>
KR_INLINE void attention(const AttentionShape<T>& shape, AttentionRows<const T> q, AttentionRows<const T> k, AttentionRows<const T> v,
                         AttentionRows<T> y, AttentionMask<bool> mask, AttentionMask<T> bias, T* weights, T* scratch,
                         Pool* pool = nullptr) {
  const AttentionKernel<T, D, DV> kernel{shape, q, k, v, y, mask, bias, weights};
  const Size all = shape.batches * shape.heads;
  const Size chunks = pool == nullptr ? 1 : min_size(min_size(shape.parts, pool->threads), all);
  parallel(pool, static_cast<int>(chunks), [&](int c) {
    kernel.run(all * c / chunks, all * (c + 1) / chunks, scratch + c * attention_part_scratch<T, D>(shape.keys));
  });
}

KR_END_NAMESPACE
