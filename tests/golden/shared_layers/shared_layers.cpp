// The body of shared_layers.h. Source: graph_nested_functional.keras (Keras 3.15.1). Made by Keratin 0.1.0; this output is yours, without conditions.
#include "shared_layers.h"

#include "keratin/runtime/arithmetic.h"
#include "keratin/runtime/dense.h"
#include "keratin/runtime/math.h"

namespace shared_layers {
namespace {

struct ThenRelu {
  template <class V> KR_INLINE V operator()(V x, kr::Size, int) const {
    return kr::max(0.0f, x);
  }
};

/// Up to 64 examples through the whole model.
kr::Status predict_block(kr::Size n, const Prepared& p, const float* x, float* out, unsigned char* memory, kr::Pool* workers) noexcept {
  (void)workers;
  float* const inner_d0 = reinterpret_cast<float*>(memory + 1536);
  float* const inner = reinterpret_cast<float*>(memory);

  // inner_d0: Dense(4, relu)                                                            x[6] -> inner_d0[4]
  kr::dense_small<float, 6, 4, ThenRelu>(n, x, p.inner_inner_d0_kernel, p.inner_inner_d0_bias, inner_d0, ThenRelu{});

  // inner_d1: Dense(6)                                                                  inner_d0[4] -> inner[6]
  kr::dense_small<float, 4, 6, kr::NoEpilogue>(n, inner_d0, p.inner_inner_d1_kernel, p.inner_inner_d1_bias, inner, kr::NoEpilogue{});

  // out: Dense(3)                                                                       inner[6] -> out[3]
  kr::dense_small<float, 6, 3, kr::NoEpilogue>(n, inner, p.out_kernel, p.out_bias, out, kr::NoEpilogue{});

  return {};
}

}  // namespace

kr::Status predict(const Prepared& p, const Inputs& in, const Outputs& out, Workspace& w) noexcept {
  if (const kr::Status status = kr::same_batch(in.x, out.out); !status) return status;
  const kr::Size batch = in.x.rows();
  if (!w.holds(batch)) return kr::Arena::too_small();
  for (kr::Size first = 0; first < batch; first += 64) {   // 64 examples at a time stay in the cache
    const kr::Size n = batch - first < 64 ? batch - first : 64;
    if (const kr::Status status = predict_block(n, p, in.x.data() + first * 6, out.out.data() + first * 3, w.memory(), w.pool()); !status) return status;
  }
  return {};
}

}  // namespace shared_layers
