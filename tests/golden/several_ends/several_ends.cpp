// The body of several_ends.h. Source: k2_several_inputs_outputs.h5 (Keras 2.21.0). Made by Keratin 0.1.0; this output is yours, without conditions.
#include "several_ends.h"

#include "keratin/runtime/arithmetic.h"
#include "keratin/runtime/dense.h"
#include "keratin/runtime/map.h"
#include "keratin/runtime/math.h"

namespace several_ends {
namespace {

struct Copy {
  template <class V> KR_INLINE auto operator()(V x) const {
    return x;
  }
};

struct ThenSigmoid {
  template <class V> KR_INLINE V operator()(V x, kr::Size, int) const {
    return kr::sigmoid(x);
  }
};

/// Up to 64 examples through the whole model.
kr::Status predict_block(kr::Size n, const Prepared& p, const float* a, const float* b, float* p_2, float* q, unsigned char* memory, kr::Pool* workers) noexcept {
  (void)workers;
  float* const join = reinterpret_cast<float*>(memory);

  // join: Concatenate(axis=-1)                                                          a[6] -> join[6]
  kr::map<2>({n, 6}, Copy{}, kr::out<1>(join, {12, 1}), kr::in<1>(a, {6, 1}));
  kr::map<2>({n, 6}, Copy{}, kr::out<1>(join + 6, {12, 1}), kr::in<1>(b, {6, 1}));

  // p: Dense(3)                                                                         join[12] -> p_2[3]
  kr::dense_small<float, 12, 3, kr::NoEpilogue>(n, join, p.p_kernel, p.p_bias, p_2, kr::NoEpilogue{});

  // q: Dense(2, sigmoid)                                                                join[12] -> q[2]
  kr::dense_small<float, 12, 2, ThenSigmoid>(n, join, p.q_kernel, p.q_bias, q, ThenSigmoid{});

  return {};
}

}  // namespace

kr::Status predict(const Prepared& p, const Inputs& in, const Outputs& out, Workspace& w) noexcept {
  if (const kr::Status status = kr::same_batch(in.a, in.b, out.p, out.q); !status) return status;
  const kr::Size batch = in.a.rows();
  if (!w.holds(batch)) return kr::Arena::too_small();
  for (kr::Size first = 0; first < batch; first += 64) {   // 64 examples at a time stay in the cache
    const kr::Size n = batch - first < 64 ? batch - first : 64;
    if (const kr::Status status = predict_block(n, p, in.a.data() + first * 6, in.b.data() + first * 6, out.p.data() + first * 3, out.q.data() + first * 2, w.memory(), w.pool()); !status) return status;
  }
  return {};
}

}  // namespace several_ends
