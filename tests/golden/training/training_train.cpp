// Training of training.h. Source: optimizer_adam.keras (Keras 3.15.1). Made by Keratin 0.1.0; this output is yours, without conditions.
#include "training.h"

#include "keratin/runtime/arithmetic.h"
#include "keratin/runtime/map.h"
#include "keratin/runtime/math.h"
#include "keratin/runtime/matmul.h"
#include "keratin/runtime/move.h"
#include "keratin/runtime/pack.h"
#include "keratin/runtime/reduce.h"

namespace training {
namespace training {
namespace {

struct Copy {
  template <class V> KR_INLINE auto operator()(V x) const {
    return x;
  }
};

struct Mul {
  template <class V> KR_INLINE auto operator()(V x) const {
    return x * x;
  }
};

struct Div {
  template <class V> KR_INLINE auto operator()(V x) const {
    return x / 3.0f;
  }
};

struct DivAdd {
  template <class V> KR_INLINE auto operator()(V x, V y) const {
    return 0.0f + x / y;
  }
};

struct Div_2 {
  template <class V> KR_INLINE auto operator()(V x) const {
    return 1.0f / x;
  }
};

struct MulAddNeg {
  template <class V> KR_INLINE auto operator()(V x, V y) const {
    const auto t1 = x * y;
    return -(t1 + t1);
  }
};

struct SelectDivSelect {
  template <class V> KR_INLINE auto operator()(V x, V y) const {
    const auto t1 = x == 0.0f;
    return kr::select(t1, kr::broadcast<V>(0.0f), y / kr::select(t1, kr::broadcast<V>(1.0f), x));
  }
};

struct MetricsPass {
  template <class R1, class R2, class V> KR_INLINE void operator()(R1 r1, R2 r2, V x, V y, V z, V a) const {
    r1 = x + y * z;
    r2 = a + z;
  }
};

struct RatesPass {
  template <class R1, class R2, class V0, class V1> KR_INLINE void operator()(R1 r1, R2 r2, V0 x, V1 y) const {
    const auto t1 = kr::cast<float>(y) + 1.0f;
    r1 = x * kr::sqrt(1.0f - kr::pow(0.95f, t1)) / (1.0f - kr::pow(0.8f, t1));
    r2 = kr::wrapping_add(y, static_cast<kr::Int64>(1));
  }
};

struct UpdatePass {
  template <class R1, class R2, class R3, class V> KR_INLINE void operator()(R1 r1, R2 r2, R3 r3, V x, V y, V z, V a, V b) const {
    const auto t1 = x + (y - x) * 0.2f;
    r1 = t1;
    const auto t2 = z + (y * y - z) * 0.05f;
    r2 = t2;
    r3 = a - t1 * b / (kr::sqrt(t2) + 0.0001f);
  }
};

struct MetricsPass_2 {
  template <class R1, class R2, class R3, class V> KR_INLINE void operator()(R1 r1, R2 r2, R3 r3, V x, V y, V z, V a) const {
    const auto t1 = 0.0f + x / y;
    r1 = t1;
    r2 = z + t1 * y;
    r3 = a + y;
  }
};

struct ThenAddTanh {
  const float* ys;  // one for each channel
  template <class V> KR_INLINE V operator()(V x, kr::Size offset, int lanes) const {
    const V y = kr::load_lanes<kr::kLanesOf<V>>(ys + offset % 7, lanes);
    return kr::tanh(x + y);
  }
};

struct ThenAddSubMul {
  const float* ys;  // beside each element of the result
  const float* zs;  // one for each channel
  template <class V> KR_INLINE V operator()(V x, kr::Size offset, int lanes) const {
    const V y = kr::load_lanes<kr::kLanesOf<V>>(ys + offset, lanes);
    const V z = kr::load_lanes<kr::kLanesOf<V>>(zs + offset % 3, lanes);
    const auto t1 = y - (x + z);
    return t1 * t1;
  }
};

struct ThenMulSubMul {
  const float* ys;  // beside each element of the result
  template <class V> KR_INLINE V operator()(V x, kr::Size offset, int lanes) const {
    const V y = kr::load_lanes<kr::kLanesOf<V>>(ys + offset, lanes);
    return x * (1.0f - y * y);
  }
};

struct ThenAddSub {
  const float* ys;  // beside each element of the result
  const float* zs;  // one for each channel
  template <class V> KR_INLINE V operator()(V x, kr::Size offset, int lanes) const {
    const V y = kr::load_lanes<kr::kLanesOf<V>>(ys + offset, lanes);
    const V z = kr::load_lanes<kr::kLanesOf<V>>(zs + offset % 3, lanes);
    return y - (x + z);
  }
};

/// Gradients of sum(output * cotangent), plus the regularization losses, in inference mode. No allocation, no exceptions.
kr::Status backward_block(kr::Size n, const Weights& w, const float* x, const float* d_out, float* d_x, float* d_hidden_kernel, float* d_hidden_bias, float* d_out_kernel, float* d_out_bias, unsigned char* memory, kr::Pool* workers) noexcept {
  float* const hidden = reinterpret_cast<float*>(memory);
  float* const out = reinterpret_cast<float*>(memory + 128 * n);
  float* const hidden_2 = reinterpret_cast<float*>(memory + 64 * n);
  float* const hidden_3 = reinterpret_cast<float*>(memory + 128 * n + 64);

  // hidden: Dense(7, tanh)                                                              x[5] -> hidden[7]
  kr::matmul<float, false, ThenAddTanh, false, true>(kr::MatmulShape{n, 7, 5, 5, 7, 7, 1, 1, 0, 0, 0, 0, 7 * n, 7 * n}, x, w.hidden_kernel, hidden, ThenAddTanh{w.hidden_bias}, workers);

  // out: Dense(3), gradient                                                             d_out[3] -> d_out_kernel[7,3]
  kr::reduce<kr::Sum>({1, n, 3}, kr::Identity{}, kr::Identity{}, kr::out<1>(out, {3, 1}), kr::in<1>(d_out, {3 * n, 3, 1}));
  kr::matmul<float, false, kr::NoEpilogue, true>(kr::MatmulShape{7, 3, n, 7, 3, 3, 1, 1, 0, 0, 0, 0, 21, 21}, hidden, d_out, d_out_kernel, kr::NoEpilogue{}, workers);

  // out: Dense(3), gradient + hidden: Dense(7, tanh), gradient                          d_out[3] -> hidden_2[7]
  kr::matmul<float, true, ThenMulSubMul, false, true>(kr::MatmulShape{n, 7, 3, 3, 3, 7, 1, 1, 0, 0, 0, 0, 7 * n, 7 * n}, d_out, w.out_kernel, hidden_2, ThenMulSubMul{hidden}, workers);

  // hidden: Dense(7, tanh), gradient                                                    hidden_2[7] -> d_hidden_kernel[5,7]
  kr::reduce<kr::Sum>({1, n, 7}, kr::Identity{}, kr::Identity{}, kr::out<1>(hidden_3, {7, 1}), kr::in<1>(hidden_2, {7 * n, 7, 1}));
  kr::matmul<float, true, kr::NoEpilogue>(kr::MatmulShape{n, 5, 7, 7, 7, 5, 1, 1, 0, 0, 0, 0, 5 * n, 5 * n}, hidden_2, w.hidden_kernel, d_x, kr::NoEpilogue{}, workers);
  kr::matmul<float, false, kr::NoEpilogue, true>(kr::MatmulShape{5, 7, n, 5, 7, 7, 1, 1, 0, 0, 0, 0, 35, 35}, x, hidden_2, d_hidden_kernel, kr::NoEpilogue{}, workers);
  kr::map<1>({7}, Copy{}, kr::out<1>(d_hidden_bias, {1}), kr::in<1>(hidden_3, {1}));
  kr::map<1>({3}, Copy{}, kr::out<1>(d_out_bias, {1}), kr::in<1>(out, {1}));

  return {};
}

/// One step of training on a batch: forward, loss, metrics, backward, update of weights and state. No allocation, no exceptions.
kr::Status train_step_block(kr::Size n, Weights& w, OptimizerState& o, StepResult& r, const float* x, const float* y_out, float* loss, unsigned char* memory, kr::Pool* workers) noexcept {
  float* const hidden = reinterpret_cast<float*>(memory);
  float* const out = reinterpret_cast<float*>(memory + 64 * n);
  float* const out_2 = reinterpret_cast<float*>(memory + 128 * n);
  float* const out_3 = reinterpret_cast<float*>(memory + 192 * n);
  float* const out_4 = reinterpret_cast<float*>(memory + 128 * n);
  float* const out_5 = reinterpret_cast<float*>(memory + 192 * n);
  float* const out_6 = reinterpret_cast<float*>(memory + 256 * n + 320);
  float* const out_7 = reinterpret_cast<float*>(memory + 192 * n);
  float* const out_8 = reinterpret_cast<float*>(memory + 128 * n);
  float* const out_9 = reinterpret_cast<float*>(memory + 192 * n);
  float* const out_10 = reinterpret_cast<float*>(memory + 256 * n + 384);
  float* const out_11 = reinterpret_cast<float*>(memory + 256 * n + 192);
  float* const hidden_2 = reinterpret_cast<float*>(memory + 64 * n);
  float* const hidden_3 = reinterpret_cast<float*>(memory + 256 * n + 448);
  float* const hidden_4 = reinterpret_cast<float*>(memory + 128 * n);
  float* const rates = reinterpret_cast<float*>(memory + 256 * n + 512);

  // hidden: Dense(7, tanh)                                                              x[5] -> hidden[7]
  kr::matmul<float, false, ThenAddTanh, false, true>(kr::MatmulShape{n, 7, 5, 5, 7, 7, 1, 1, 0, 0, 0, 0, 7 * n, 7 * n}, x, w.hidden_kernel, hidden, ThenAddTanh{w.hidden_bias}, workers);

  // out: Dense(3) + out: the loss mse                                                   hidden[7] -> out[3]
  kr::matmul<float, false, ThenAddSub, false, true>(kr::MatmulShape{n, 3, 7, 7, 3, 3, 1, 1, 0, 0, 0, 0, 3 * n, 3 * n}, hidden, w.out_kernel, out, ThenAddSub{y_out, w.out_bias}, workers);

  // out: the loss mse                                                                   out[3] -> loss[]
  kr::map<1>({3 * n}, Mul{}, kr::out<1>(out_2, {1}), kr::in<1>(out, {1}));
  kr::reduce_rows<kr::Sum>({n, 3}, kr::Identity{}, kr::Identity{}, kr::out<1>(out_3, {1}), kr::in<1>(out_2, {3, 1}));
  kr::map<1>({n}, Div{}, kr::out<1>(out_4, {1}), kr::in<1>(out_3, {1}));
  kr::reduce_rows<kr::Sum>({1, n}, kr::Identity{}, kr::Identity{}, kr::out<1>(out_5, {1}), kr::in<1>(out_4, {n, 1}));
  kr::store_size(n, out_6);
  kr::map<1>({1}, DivAdd{}, kr::out<1>(loss, {1}), kr::in<1>(out_5, {1}), kr::in<1>(out_6, {1}));

  // out: the loss mse, gradient                                                         out_6[] -> out_9[3]
  kr::map<1>({1}, Div_2{}, kr::out<1>(out_7, {1}), kr::in<1>(out_6, {1}));
  kr::map<1>({n}, Div{}, kr::out<1>(out_8, {1}), kr::in<0>(out_7, {0}));
  kr::map<2>({n, 3}, MulAddNeg{}, kr::out<1>(out_9, {3, 1}), kr::in<0>(out_8, {1, 0}), kr::in<1>(out, {3, 1}));

  // out: Dense(3), gradient                                                             out_9[3] -> out_11[7,3]
  kr::reduce<kr::Sum>({1, n, 3}, kr::Identity{}, kr::Identity{}, kr::out<1>(out_10, {3, 1}), kr::in<1>(out_9, {3 * n, 3, 1}));
  kr::matmul<float, false, kr::NoEpilogue, true>(kr::MatmulShape{7, 3, n, 7, 3, 3, 1, 1, 0, 0, 0, 0, 21, 21}, hidden, out_9, out_11, kr::NoEpilogue{}, workers);

  // out: Dense(3), gradient + hidden: Dense(7, tanh), gradient                          out_9[3] -> hidden_2[7]
  kr::matmul<float, true, ThenMulSubMul, false, true>(kr::MatmulShape{n, 7, 3, 3, 3, 7, 1, 1, 0, 0, 0, 0, 7 * n, 7 * n}, out_9, w.out_kernel, hidden_2, ThenMulSubMul{hidden}, workers);

  // hidden: Dense(7, tanh), gradient                                                    hidden_2[7] -> hidden_4[5,7]
  kr::reduce<kr::Sum>({1, n, 7}, kr::Identity{}, kr::Identity{}, kr::out<1>(hidden_3, {7, 1}), kr::in<1>(hidden_2, {7 * n, 7, 1}));
  kr::matmul<float, false, kr::NoEpilogue, true>(kr::MatmulShape{5, 7, n, 5, 7, 7, 1, 1, 0, 0, 0, 0, 35, 35}, x, hidden_2, hidden_4, kr::NoEpilogue{}, workers);

  // what the updates of all weights share                                               learning_rate[] -> iteration[]
  kr::map_scalar_all<1>({1}, RatesPass{}, kr::out<1>(rates, {1}), kr::out<1>(&o.iteration, {1}), kr::in<1>(&o.learning_rate, {1}), kr::in<1>(&o.iteration, {1}));

  // metrics                                                                             loss_total[] -> loss_count[]
  kr::map_all<1>({1}, MetricsPass{}, kr::out<1>(&r.loss_total, {1}), kr::out<1>(&r.loss_count, {1}), kr::in<1>(&r.loss_total, {1}), kr::in<1>(loss, {1}), kr::in<1>(out_6, {1}), kr::in<1>(&r.loss_count, {1}));

  // update of hidden/kernel                                                             hidden_kernel_momentum[5,7] -> hidden_kernel[5,7]
  kr::map_all<1>({35}, UpdatePass{}, kr::out<1>(o.hidden_kernel_momentum, {1}), kr::out<1>(o.hidden_kernel_velocity, {1}), kr::out<1>(w.hidden_kernel, {1}), kr::in<1>(o.hidden_kernel_momentum, {1}), kr::in<1>(hidden_4, {1}), kr::in<1>(o.hidden_kernel_velocity, {1}), kr::in<1>(w.hidden_kernel, {1}), kr::in<0>(rates, {0}));

  // update of hidden/bias                                                               hidden_bias_momentum[7] -> hidden_bias[7]
  kr::map_all<1>({7}, UpdatePass{}, kr::out<1>(o.hidden_bias_momentum, {1}), kr::out<1>(o.hidden_bias_velocity, {1}), kr::out<1>(w.hidden_bias, {1}), kr::in<1>(o.hidden_bias_momentum, {1}), kr::in<1>(hidden_3, {1}), kr::in<1>(o.hidden_bias_velocity, {1}), kr::in<1>(w.hidden_bias, {1}), kr::in<0>(rates, {0}));

  // update of out/kernel                                                                out_kernel_momentum[7,3] -> out_kernel[7,3]
  kr::map_all<1>({21}, UpdatePass{}, kr::out<1>(o.out_kernel_momentum, {1}), kr::out<1>(o.out_kernel_velocity, {1}), kr::out<1>(w.out_kernel, {1}), kr::in<1>(o.out_kernel_momentum, {1}), kr::in<1>(out_11, {1}), kr::in<1>(o.out_kernel_velocity, {1}), kr::in<1>(w.out_kernel, {1}), kr::in<0>(rates, {0}));

  // update of out/bias                                                                  out_bias_momentum[3] -> out_bias[3]
  kr::map_all<1>({3}, UpdatePass{}, kr::out<1>(o.out_bias_momentum, {1}), kr::out<1>(o.out_bias_velocity, {1}), kr::out<1>(w.out_bias, {1}), kr::in<1>(o.out_bias_momentum, {1}), kr::in<1>(out_10, {1}), kr::in<1>(o.out_bias_velocity, {1}), kr::in<1>(w.out_bias, {1}), kr::in<0>(rates, {0}));

  return {};
}

/// Loss and metrics of a batch in inference mode.
kr::Status evaluate_step_block(kr::Size n, const Weights& w, StepResult& r, const float* x, const float* y_out, float* loss, unsigned char* memory, kr::Pool* workers) noexcept {
  float* const hidden = reinterpret_cast<float*>(memory);
  float* const out = reinterpret_cast<float*>(memory + 64 * n);
  float* const out_2 = reinterpret_cast<float*>(memory);
  float* const out_3 = reinterpret_cast<float*>(memory + 64 * n);
  float* const out_4 = reinterpret_cast<float*>(memory + 128 * n);
  float* const out_5 = reinterpret_cast<float*>(memory + 128 * n + 64);

  // hidden: Dense(7, tanh)                                                              x[5] -> hidden[7]
  kr::matmul<float, false, ThenAddTanh, false, true>(kr::MatmulShape{n, 7, 5, 5, 7, 7, 1, 1, 0, 0, 0, 0, 7 * n, 7 * n}, x, w.hidden_kernel, hidden, ThenAddTanh{w.hidden_bias}, workers);

  // out: Dense(3) + out: the loss mse                                                   hidden[7] -> out[3]
  kr::matmul<float, false, ThenAddSubMul, false, true>(kr::MatmulShape{n, 3, 7, 7, 3, 3, 1, 1, 0, 0, 0, 0, 3 * n, 3 * n}, hidden, w.out_kernel, out, ThenAddSubMul{y_out, w.out_bias}, workers);

  // out: the loss mse                                                                   out[3] -> out_5[]
  kr::reduce_rows<kr::Sum>({n, 3}, kr::Identity{}, kr::Identity{}, kr::out<1>(out_2, {1}), kr::in<1>(out, {3, 1}));
  kr::map<1>({n}, Div{}, kr::out<1>(out_3, {1}), kr::in<1>(out_2, {1}));
  kr::reduce_rows<kr::Sum>({1, n}, kr::Identity{}, kr::Identity{}, kr::out<1>(out_4, {1}), kr::in<1>(out_3, {n, 1}));
  kr::store_size(n, out_5);

  // out: the loss mse + metrics                                                         out_4[] -> loss_count[]
  kr::map_all<1>({1}, MetricsPass_2{}, kr::out<1>(loss, {1}), kr::out<1>(&r.loss_total, {1}), kr::out<1>(&r.loss_count, {1}), kr::in<1>(out_4, {1}), kr::in<1>(out_5, {1}), kr::in<1>(&r.loss_total, {1}), kr::in<1>(&r.loss_count, {1}));

  return {};
}

/// The metrics of all steps since reset().
kr::Status metric_results_block(kr::Size n, const StepResult& r, float* loss, unsigned char* memory, kr::Pool* workers) noexcept {
  (void)memory;
  (void)workers;
  (void)n;
  kr::map<1>({1}, SelectDivSelect{}, kr::out<1>(loss, {1}), kr::in<1>(&r.loss_count, {1}), kr::in<1>(&r.loss_total, {1}));

  return {};
}

/// Weights as predict wants them. Allocates scratch memory while it runs.
kr::Status prepare_block(kr::Size n, const Weights& w, Prepared& p, unsigned char* memory, kr::Pool* workers) noexcept {
  (void)n;
  float* const hidden = reinterpret_cast<float*>(memory);
  float* const out = reinterpret_cast<float*>(memory + 192);

  // hidden: Dense(7, tanh)                                                              hidden_kernel[5,7] -> hidden[40]
  kr::pack_panels(kr::PackShape{1, 5, 7, 0, 7, 1}, w.hidden_kernel, hidden, workers);

  // out: Dense(3)                                                                       out_kernel[7,3] -> out[21]
  kr::pack_panels(kr::PackShape{1, 7, 3, 0, 3, 1}, w.out_kernel, out, workers);

  // hidden: Dense(7, tanh)                                                              hidden[40] -> hidden_kernel[40]
  kr::map<1>({40}, Copy{}, kr::out<1>(p.hidden_kernel, {1}), kr::in<1>(hidden, {1}));

  // out: Dense(3)                                                                       out[21] -> out_kernel[21]
  kr::map<1>({21}, Copy{}, kr::out<1>(p.out_kernel, {1}), kr::in<1>(out, {1}));

  return {};
}

}  // namespace
}  // namespace training

kr::Status backward(const Weights& w, const Inputs& in, const Cotangents& cotangents, const Gradients& gradients, Workspace& space) noexcept {
  if (const kr::Status status = kr::same_batch(in.x, cotangents.out, gradients.x); !status) return status;
  if (const kr::Status status = kr::all_present(in.x, cotangents.out, gradients.x, gradients.hidden_kernel, gradients.hidden_bias, gradients.out_kernel, gradients.out_bias); !status) return status;
  const kr::Size batch = in.x.rows();
  if (!space.holds(batch)) return kr::Arena::too_small();
  return training::backward_block(batch, w, in.x.data(), cotangents.out.data(), gradients.x.data(), gradients.hidden_kernel.data(), gradients.hidden_bias.data(), gradients.out_kernel.data(), gradients.out_bias.data(), space.memory(), space.pool());
}

kr::Status train_step(Weights& w, OptimizerState& o, const Inputs& in, const Targets& targets, StepResult& r, Workspace& space) noexcept {
  if (const kr::Status status = kr::same_batch(in.x, targets.out); !status) return status;
  const kr::Size batch = in.x.rows();
  if (!space.holds(batch)) return kr::Arena::too_small();
  return training::train_step_block(batch, w, o, r, in.x.data(), targets.out.data(), &r.loss, space.memory(), space.pool());
}

kr::Status evaluate_step(const Weights& w, const Inputs& in, const Targets& targets, StepResult& r, Workspace& space) noexcept {
  if (const kr::Status status = kr::same_batch(in.x, targets.out); !status) return status;
  const kr::Size batch = in.x.rows();
  if (!space.holds(batch)) return kr::Arena::too_small();
  return training::evaluate_step_block(batch, w, r, in.x.data(), targets.out.data(), &r.loss, space.memory(), space.pool());
}

kr::Status metric_results(const StepResult& r, Metrics& metrics) noexcept {
  const kr::Size batch = 1;
  return training::metric_results_block(batch, r, &metrics.loss, nullptr, nullptr);
}

kr::Status prepare(const Weights& w, Prepared& p) noexcept {
  const kr::Size batch = 1;
  kr::Arena space(320, 1, nullptr);
  if (!space.holds(1)) return kr::Arena::too_small();
  __builtin_memcpy(p.hidden_bias, w.hidden_bias, sizeof p.hidden_bias);
  __builtin_memcpy(p.out_bias, w.out_bias, sizeof p.out_bias);
  return training::prepare_block(batch, w, p, space.memory(), nullptr);
}

}  // namespace training
