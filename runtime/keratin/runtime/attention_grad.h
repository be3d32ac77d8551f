// Gradient of attention (attention.h) from the weights p that it stored: head by head, so that a head's scores stay in the caches.
//
// Cost, per head: 2 * queries * keys * (2 D + 3 DV) flops as small products (matmul.h); p is read twice, no exponentials.
#pragma once
#include "keratin/runtime/attention.h"
#include "keratin/runtime/matmul.h"
#include "keratin/runtime/reduce.h"

KR_BEGIN_NAMESPACE

/// Elements of scratch memory for `parts` parts.
constexpr Size attention_grad_scratch(Size queries, Size keys, int parts) { return parts * queries * keys; }

template <class T> struct AttentionGrad {
  static constexpr int L = kLanes<T>;
  static constexpr NoEpilogue kPlain{};

  AttentionShape<T> shape;
  Size dim, value_dim;
  AttentionRows<const T> q, k, v, dy;
  const T* p;      // [batch][head][query][key]
  const T* d_p;    // likewise, or nullptr
  AttentionRows<T> dq, dk, dv;   // data may be nullptr: not wanted

  template <class Rows> KR_INLINE auto* head_of(const Rows& rows, Size batch, Size head) const { return rows.data + batch * rows.batch + head * rows.head; }

  template <bool TransposeB, bool TransposeA>
  KR_INLINE void product(Size m, Size n, Size depth, const T* a, Size a_row, const T* b, Size b_row, T* c, Size c_row) const {
    matmul<T, TransposeB, NoEpilogue, TransposeA>(MatmulShape{m, n, depth, a_row, b_row, c_row}, a, b, c, kPlain, nullptr);
  }

  /// d = scale * p * (d - sum of p * d), for one query; before, d is the gradient of p.
  KR_INLINE void scores_row(const T* weights, const T* added, T* d) const {
    const Size keys = shape.keys;
    const Operand<const T, 1, 1> w{weights, {1}}, g{d, {1}};
    if (added != nullptr) {
      for (Size key = 0; key < keys; ++key) d[key] += added[key];
    }
    const T sum = reduce_row<Sum, T>(keys, [](auto x, auto y) KR_INLINE_LAMBDA { return x * y; }, w, g);
    auto at = [&](Size i, Size count) KR_INLINE_LAMBDA {
      store_lanes(d + i, load_lanes<L>(weights + i, count) * (load_lanes<L>(d + i, count) - sum) * shape.scale, count);
    };
    Size i = 0;
    for (; i + L <= keys; i += L) at(i, L);
    if (i < keys) at(i, keys - i);
  }

  KR_INLINE void head(Size batch, Size head, T* scores) const {
    const Size queries = shape.queries, keys = shape.keys, at = (batch * shape.heads + head) * queries * keys;
    const T* d_out = head_of(dy, batch, head);
    if (dv.data != nullptr) product<false, true>(keys, value_dim, queries, p + at, keys, d_out, dy.step, head_of(dv, batch, head), dv.step);
    if (dq.data == nullptr && dk.data == nullptr) return;
    product<true, false>(queries, keys, value_dim, d_out, dy.step, head_of(v, batch, head), v.step, scores, keys);
    for (Size i = 0; i < queries; ++i) scores_row(p + at + i * keys, d_p == nullptr ? nullptr : d_p + at + i * keys, scores + i * keys);
    if (dq.data != nullptr) product<false, false>(queries, dim, keys, scores, keys, head_of(k, batch, head), k.step, head_of(dq, batch, head), dq.step);
    if (dk.data != nullptr) product<false, true>(keys, dim, queries, scores, keys, head_of(q, batch, head), q.step, head_of(dk, batch, head), dk.step);
  }
};

/// The gradients of q, k and v for the gradient dy of attention's result and d_p of its weights (nullptr: none), where p holds those weights.
/// dim, value_dim: of a query and of a value; shape: as given to attention, with one query head for each head of keys. A masked place must
/// weigh nothing. Results overlap no operand; scratch: attention_grad_scratch(queries, keys, shape.parts) elements.
template <class T>
KR_NOINLINE void attention_grad(const AttentionShape<T>& shape, Size dim, Size value_dim, AttentionRows<const T> q, AttentionRows<const T> k,
                                AttentionRows<const T> v, const T* p, AttentionRows<const T> dy, const T* d_p, AttentionRows<T> dq,
                                AttentionRows<T> dk, AttentionRows<T> dv, T* scratch, Pool* pool = nullptr) {
  const AttentionGrad<T> kernel{shape, dim, value_dim, q, k, v, dy, p, d_p, dq, dk, dv};
  const Size all = shape.batches * shape.heads;
  const Size chunks = pool == nullptr ? 1 : min_size(min_size(shape.parts, pool->threads), all);
  parallel(pool, static_cast<int>(chunks), [&](int c) {
    for (Size i = all * c / chunks; i < all * (c + 1) / chunks; ++i) kernel.head(i / shape.heads, i % shape.heads, scratch + c * shape.queries * shape.keys);
  });
}

KR_END_NAMESPACE
