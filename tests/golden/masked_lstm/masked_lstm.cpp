// The body of masked_lstm.h. Source: masked_lstm_last.keras (Keras 3.15.1). Made by Keratin 0.1.0; this output is yours, without conditions.
#include "masked_lstm.h"

#include "keratin/runtime/arithmetic.h"
#include "keratin/runtime/dense.h"
#include "keratin/runtime/lstm.h"
#include "keratin/runtime/map.h"
#include "keratin/runtime/math.h"
#include "keratin/runtime/reduce.h"

namespace masked_lstm {
namespace {

struct NotEqual {
  template <class V0> KR_INLINE auto operator()(V0 x) const {
    return x != 0.0f;
  }
};

struct Cast {
  template <class V0> KR_INLINE auto operator()(V0 x) const {
    return kr::select(x, float(1.0f), float(0.0f));
  }
};

struct Mul {
  template <class V> KR_INLINE auto operator()(V x, V y) const {
    return x * y;
  }
};

/// Up to 64 examples through the whole model.
kr::Status predict_block(kr::Size n, const Prepared& p, const float* x, float* rnn, unsigned char* memory, kr::Pool* workers) noexcept {
  bool* const not_equal = reinterpret_cast<bool*>(memory);
  bool* const mask = reinterpret_cast<bool*>(memory + 29184);
  float* const mask_2 = reinterpret_cast<float*>(memory);
  float* const mask_3 = reinterpret_cast<float*>(memory + 24576);
  float* const gates = reinterpret_cast<float*>(memory);
  float* const states = reinterpret_cast<float*>(memory + 24576);

  // not_equal: NotEqual                                                                 x[6,3] -> not_equal[6,3]
  kr::map_scalar<1>({18 * n}, NotEqual{}, kr::out<1>(not_equal, {1}), kr::in<1>(x, {1}));

  // mask: Masking(0)                                                                    not_equal[6,3] -> mask_3[6,3]
  kr::reduce<kr::Any>({6 * n, 3, 1}, kr::Identity{}, kr::Identity{}, kr::out<1>(mask, {1, 1}), kr::in<1>(not_equal, {3, 1, 1}));
  kr::map_scalar<1>({6 * n}, Cast{}, kr::out<1>(mask_2, {1}), kr::in<1>(mask, {1}));
  kr::map<2>({6 * n, 3}, Mul{}, kr::out<1>(mask_3, {3, 1}), kr::in<1>(x, {3, 1}), kr::in<0>(mask_2, {1, 0}));

  // rnn: LSTM(4)                                                                        mask_3[6,3] -> rnn[4]
  kr::dense<float, 3, 16, kr::NoEpilogue>(6 * n, mask_3, p.rnn_lstm_cell_kernel, p.rnn_lstm_cell_bias, gates, kr::NoEpilogue{}, workers);
  kr::lstm<float, 4, kr::Tanh, kr::Sigmoid>(n, 6, gates, p.rnn_lstm_cell_recurrent_kernel, static_cast<const float*>(nullptr), static_cast<const float*>(nullptr), mask, rnn, 4, static_cast<float*>(nullptr), static_cast<float*>(nullptr), states, 0, workers);

  return {};
}

}  // namespace

kr::Status predict(const Prepared& p, const Inputs& in, const Outputs& out, Workspace& w) noexcept {
  if (const kr::Status status = kr::same_batch(in.x, out.rnn); !status) return status;
  const kr::Size batch = in.x.rows();
  if (!w.holds(batch)) return kr::Arena::too_small();
  for (kr::Size first = 0; first < batch; first += 64) {   // 64 examples at a time stay in the cache
    const kr::Size n = batch - first < 64 ? batch - first : 64;
    if (const kr::Status status = predict_block(n, p, in.x.data() + first * 18, out.rnn.data() + first * 4, w.memory(), w.pool()); !status) return status;
  }
  return {};
}

}  // namespace masked_lstm
