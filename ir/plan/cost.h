// What kernels cost, in microseconds on one core of the machine that is assumed: enough to choose between kernels, not to predict a
// run. The figures behind it stand at the head of each kernel's header in the runtime.
#pragma once

#include <cstdint>

namespace keratin::ir {

/// A core with 512-bit vectors. Choices hold for 256 bits too: both sides of a comparison scale alike.
struct Machine {
  double flops_per_us = 180e3;      // multiply-adds counted twice, what good kernels reach
  double l2_bytes = 1 << 20;
  double l2_bytes_per_us = 150e3;
  double l3_bytes = 16 << 20;       // of a cache that others use too
  double l3_bytes_per_us = 60e3;
  double memory_bytes_per_us = 12e3;
  double call_us = 0.005;
  double store_us = 0.0008;         // a vector of results on its way through bias, activation and store
};
inline constexpr Machine kMachine;

/// Reading `bytes` once, where `resident` bytes are read in turn (a model's weights) and decide which cache they stay in.
double stream_us(double bytes, double resident);

/// Outputs of a packed matrix as they cost: single columns and narrow panels take a whole vector.
int64_t costed_outputs(int64_t n);

/// rows x k times k x n.
double product_us(double rows, double k, int64_t n);

/// Sizes of one example of a convolution over two axes.
struct ConvSize {
  int64_t out_h, out_w, channels, filters, taps;
  double resident = 0;  // bytes of all weights of the model
};
double direct_conv_us(const ConvSize& size);
/// F(m x m, 3 x 3), m = 2 or 4.
double winograd_us(const ConvSize& size, int64_t m);
/// Direct, at once with max pooling of `cells` outputs per window; `windows` of them.
double conv_max_pool_us(const ConvSize& size, int64_t windows, int64_t cells);
double max_pool_us(int64_t windows, int64_t cells, int64_t channels);

}  // namespace keratin::ir
