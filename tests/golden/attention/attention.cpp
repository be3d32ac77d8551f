// The body of attention.h. Source: mha_self.keras (Keras 3.15.1). Made by Keratin 0.1.0; this output is yours, without conditions.
#include "attention.h"

#include "keratin/runtime/attention.h"
#include "keratin/runtime/dense.h"

namespace attention {
namespace {

/// Up to 64 examples through the whole model.
kr::Status predict_block(kr::Size n, const Prepared& p, const float* x, float* mha, unsigned char* memory, kr::Pool* workers) noexcept {
  float* const mha_2 = reinterpret_cast<float*>(memory);
  float* const mha_3 = reinterpret_cast<float*>(memory + 7680);
  float* const mha_4 = reinterpret_cast<float*>(memory + 15360);
  float* const mha_5 = reinterpret_cast<float*>(memory + 23040);
  float* const scores = reinterpret_cast<float*>(memory + 30720);

  // mha: MultiHeadAttention(2 heads of 3)                                               x[5,6] -> mha[5,6]
  kr::dense<float, 6, 6, kr::NoEpilogue>(5 * n, x, p.mha_query_kernel, p.mha_query_bias, mha_2, kr::NoEpilogue{}, workers);
  kr::dense<float, 6, 6, kr::NoEpilogue>(5 * n, x, p.mha_key_kernel, p.mha_key_bias, mha_3, kr::NoEpilogue{}, workers);
  kr::dense<float, 6, 6, kr::NoEpilogue>(5 * n, x, p.mha_value_kernel, p.mha_value_bias, mha_4, kr::NoEpilogue{}, workers);
  kr::attention<float, 3, 3>(kr::AttentionShape<float>{n, 2, 5, 5, 1, 0.57735026f, false, -2.3819763e+38f, false, false, 4}, kr::AttentionRows<const float>{mha_2, 30, 6, 3}, kr::AttentionRows<const float>{mha_3, 30, 6, 3}, kr::AttentionRows<const float>{mha_4, 30, 6, 3}, kr::AttentionRows<float>{mha_5, 30, 6, 3}, kr::AttentionMask<bool>{}, kr::AttentionMask<float>{}, static_cast<float*>(nullptr), scores, workers);
  kr::dense<float, 6, 6, kr::NoEpilogue>(5 * n, mha_5, p.mha_attention_output_kernel, p.mha_attention_output_bias, mha, kr::NoEpilogue{}, workers);

  return {};
}

}  // namespace

kr::Status predict(const Prepared& p, const Inputs& in, const Outputs& out, Workspace& w) noexcept {
  if (const kr::Status status = kr::same_batch(in.x, out.mha); !status) return status;
  const kr::Size batch = in.x.rows();
  if (!w.holds(batch)) return kr::Arena::too_small();
  for (kr::Size first = 0; first < batch; first += 64) {   // 64 examples at a time stay in the cache
    const kr::Size n = batch - first < 64 ? batch - first : 64;
    if (const kr::Status status = predict_block(n, p, in.x.data() + first * 30, out.mha.data() + first * 30, w.memory(), w.pool()); !status) return status;
  }
  return {};
}

}  // namespace attention
