// The body of upsampler.h. Source: conv2d_transpose_same.keras (Keras 3.15.1). Made by Keratin 0.1.0; this output is yours, without conditions.
#include "upsampler.h"

#include "keratin/runtime/arithmetic.h"
#include "keratin/runtime/conv_transpose.h"
#include "keratin/runtime/math.h"

namespace upsampler {
namespace {

struct ThenRelu {
  template <class V> KR_INLINE V operator()(V x, kr::Size, int) const {
    return kr::max(0.0f, x);
  }
};

/// Up to 64 examples through the whole model.
kr::Status predict_block(kr::Size n, const Prepared& p, const float* x, float* conv, unsigned char* memory, kr::Pool* workers) noexcept {
  (void)memory;
  // conv: Conv2DTranspose(2, 3x3, same, relu)                                           x[4,3,3] -> conv[8,6,2]
  kr::conv2d_transpose<float, kr::ConvTranspose2d<4, 3, 3, 2, 3, 3, 8, 6, 2, 2, 1, 1, 0, 0>, ThenRelu>(n, x, p.conv_kernel, p.conv_bias, conv, ThenRelu{}, workers);

  return {};
}

}  // namespace

kr::Status predict(const Prepared& p, const Inputs& in, const Outputs& out, Workspace& w) noexcept {
  if (const kr::Status status = kr::same_batch(in.x, out.conv); !status) return status;
  const kr::Size batch = in.x.rows();
  if (!w.holds(batch)) return kr::Arena::too_small();
  for (kr::Size first = 0; first < batch; first += 64) {   // 64 examples at a time stay in the cache
    const kr::Size n = batch - first < 64 ? batch - first : 64;
    if (const kr::Status status = predict_block(n, p, in.x.data() + first * 36, out.conv.data() + first * 96, w.memory(), w.pool()); !status) return status;
  }
  return {};
}

}  // namespace upsampler
