// The body of training.h. Source: optimizer_adam.keras (Keras 3.15.1). Made by Keratin 0.1.0; this output is yours, without conditions.
#include "training.h"

#include "keratin/runtime/arithmetic.h"
#include "keratin/runtime/dense.h"
#include "keratin/runtime/math.h"

namespace training {
namespace {

struct ThenTanh {
  template <class V> KR_INLINE V operator()(V x, kr::Size, int) const {
    return kr::tanh(x);
  }
};

/// Up to 64 examples through the whole model.
kr::Status predict_block(kr::Size n, const Prepared& p, const float* x, float* out, unsigned char* memory, kr::Pool* workers) noexcept {
  (void)workers;
  float* const hidden = reinterpret_cast<float*>(memory);

  // hidden: Dense(7, tanh)                                                              x[5] -> hidden[7]
  kr::dense_small<float, 5, 7, ThenTanh>(n, x, p.hidden_kernel, p.hidden_bias, hidden, ThenTanh{});

  // out: Dense(3)                                                                       hidden[7] -> out[3]
  kr::dense_small<float, 7, 3, kr::NoEpilogue>(n, hidden, p.out_kernel, p.out_bias, out, kr::NoEpilogue{});

  return {};
}

}  // namespace

kr::Status predict(const Prepared& p, const Inputs& in, const Outputs& out, Workspace& w) noexcept {
  if (const kr::Status status = kr::same_batch(in.x, out.out); !status) return status;
  const kr::Size batch = in.x.rows();
  if (!w.holds(batch)) return kr::Arena::too_small();
  for (kr::Size first = 0; first < batch; first += 64) {   // 64 examples at a time stay in the cache
    const kr::Size n = batch - first < 64 ? batch - first : 64;
    if (const kr::Status status = predict_block(n, p, in.x.data() + first * 5, out.out.data() + first * 3, w.memory(), w.pool()); !status) return status;
  }
  return {};
}

}  // namespace training
