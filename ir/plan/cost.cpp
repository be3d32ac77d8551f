#include "ir/plan/cost.h"

#include <algorithm>

namespace keratin::ir {

double stream_us(double bytes, double resident) { return bytes / (resident <= kMachine.l2_bytes * 0.75 ? kMachine.l2_bytes_per_us : kMachine.l3_bytes_per_us); }

int64_t costed_outputs(int64_t n) { return (n + 15) / 16 * 16; }

double product_us(double rows, double k, int64_t n) { return 2 * rows * k * static_cast<double>(costed_outputs(n)) / kMachine.flops_per_us; }

double direct_conv_us(const ConvSize& size) {
  const double k = static_cast<double>(size.taps * size.channels), bytes = 4 * k * static_cast<double>(size.filters);
  return kMachine.call_us + std::max(product_us(static_cast<double>(size.out_h * size.out_w), k, size.filters), stream_us(bytes, bytes));
}

double winograd_us(const ConvSize& size, int64_t m) {
  const double positions = static_cast<double>((m + 2) * (m + 2));
  const double tiles = static_cast<double>(((size.out_h + m - 1) / m) * ((size.out_w + m - 1) / m));
  const double bytes = 4 * positions * static_cast<double>(size.channels * size.filters);
  const double vectors = static_cast<double>(costed_outputs(size.channels) + costed_outputs(size.filters)) / 32;
  const double transforms = (m == 2 ? 0.045 : 0.16) * tiles * vectors;
  // A few tiles do not fill the rows that a product wants; then weights are read faster than they are used.
  const double product = positions * product_us(tiles, static_cast<double>(size.channels), size.filters) * 1.1;
  return kMachine.call_us + transforms + std::max(product, stream_us(bytes, bytes));
}

double max_pool_us(int64_t windows, int64_t cells, int64_t channels) {
  return kMachine.call_us + 4 * static_cast<double>(windows * (cells + 1) * costed_outputs(channels)) / kMachine.l2_bytes_per_us;
}

double conv_max_pool_us(const ConvSize& size, int64_t windows, int64_t cells) {
  const double k = static_cast<double>(size.taps * size.channels);
  return kMachine.call_us + 1.05 * product_us(static_cast<double>(windows * cells), k, size.filters);
}

}  // namespace keratin::ir
