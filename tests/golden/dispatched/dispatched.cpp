// The body of dispatched.h. Source: norm_batch_conv.keras (Keras 3.15.1). Made by Keratin 0.1.0; this output is yours, without conditions.
#include "dispatched.h"

#include "keratin/runtime/arithmetic.h"
#include "keratin/runtime/conv2d.h"
#include "keratin/runtime/dense.h"
#include "keratin/runtime/map.h"
#include "keratin/runtime/math.h"
#include "keratin/runtime/reduce.h"

namespace dispatched {
namespace {

struct Div {
  template <class V> KR_INLINE auto operator()(V x) const {
    return x / 12.0f;
  }
};

/// Up to 64 examples through the whole model.
kr::Status predict_block(kr::Size n, const Prepared& p, const float* x, float* out, unsigned char* memory, kr::Pool* workers) noexcept {
  float* const norm = reinterpret_cast<float*>(memory);
  float* const pool = reinterpret_cast<float*>(memory + 21504);
  float* const pool_2 = reinterpret_cast<float*>(memory);

  // conv: Conv2D(7, 3x3)                                                                x[6,5,2] -> norm[4,3,7]
  kr::conv2d<float, kr::Conv2d<6, 5, 2, 7, 3, 3>, kr::NoEpilogue>(n, x, p.conv_kernel, p.conv_bias, norm, kr::NoEpilogue{}, workers);

  // pool: GlobalAveragePooling2D                                                        norm[4,3,7] -> pool_2[7]
  kr::reduce<kr::Sum>({n, 12, 7}, kr::Identity{}, kr::Identity{}, kr::out<1>(pool, {7, 1}), kr::in<1>(norm, {84, 7, 1}));
  kr::map<1>({7 * n}, Div{}, kr::out<1>(pool_2, {1}), kr::in<1>(pool, {1}));

  // out: Dense(3)                                                                       pool_2[7] -> out[3]
  kr::dense_small<float, 7, 3, kr::NoEpilogue>(n, pool_2, p.out_kernel, p.out_bias, out, kr::NoEpilogue{});

  return {};
}

}  // namespace

#ifdef KERATIN_TARGET   // one of those that dispatched_dispatch.cpp chooses from
namespace KERATIN_TARGET {
#endif

kr::Status predict(const Prepared& p, const Inputs& in, const Outputs& out, Workspace& w) noexcept {
  if (const kr::Status status = kr::same_batch(in.x, out.out); !status) return status;
  const kr::Size batch = in.x.rows();
  if (!w.holds(batch)) return kr::Arena::too_small();
  for (kr::Size first = 0; first < batch; first += 64) {   // 64 examples at a time stay in the cache
    const kr::Size n = batch - first < 64 ? batch - first : 64;
    if (const kr::Status status = predict_block(n, p, in.x.data() + first * 60, out.out.data() + first * 3, w.memory(), w.pool()); !status) return status;
  }
  return {};
}

#ifdef KERATIN_TARGET
}
#endif

}  // namespace dispatched
