#include "ir/plan/cost.h"

#include <algorithm>

namespace keratin::ir {

double stream_us(double bytes, double resident) {
  const double rate = resident <= kMachine.l2_bytes * 0.75 ? kMachine.l2_bytes_per_us : resident <= kMachine.l3_bytes ? kMachine.l3_bytes_per_us : kMachine.memory_bytes_per_us;
  return bytes / rate;
}

int64_t costed_outputs(int64_t n) { return (n + 15) / 16 * 16; }

double product_us(double rows, double k, int64_t n) { return 2 * rows * k * static_cast<double>(costed_outputs(n)) / kMachine.flops_per_us; }

namespace {

double store_us(double pixels, int64_t channels) { return kMachine.store_us * pixels * static_cast<double>(costed_outputs(channels)) / 16; }

double weights_us(double bytes, double resident) { return stream_us(bytes, std::max(bytes, resident)); }

}  // namespace

double direct_conv_us(const ConvSize& size) {
  const double k = static_cast<double>(size.taps * size.channels), pixels = static_cast<double>(size.out_h * size.out_w);
  const double product = product_us(pixels, k, size.filters) + store_us(pixels, size.filters);
  return kMachine.call_us + std::max(product, weights_us(4 * k * static_cast<double>(size.filters), size.resident));
}

double winograd_us(const ConvSize& size, int64_t m) {
  const double positions = static_cast<double>((m + 2) * (m + 2));
  const double tiles = static_cast<double>(((size.out_h + m - 1) / m) * ((size.out_w + m - 1) / m));
  const double vectors = static_cast<double>(costed_outputs(size.channels) + costed_outputs(size.filters)) / 32;
  const double transforms = (m == 2 ? 0.065 : 0.2) * tiles * vectors;
  const double product = positions * product_us(tiles, static_cast<double>(size.channels), size.filters) * 1.1;
  return kMachine.call_us + transforms + std::max(product, weights_us(4 * positions * static_cast<double>(size.channels * size.filters), size.resident));
}

double max_pool_us(int64_t windows, int64_t cells, int64_t channels) {
  return kMachine.call_us + 4 * static_cast<double>(windows * (cells + 1) * costed_outputs(channels)) / kMachine.l2_bytes_per_us;
}

double conv_max_pool_us(const ConvSize& size, int64_t windows, int64_t cells) {
  const double k = static_cast<double>(size.taps * size.channels), pixels = static_cast<double>(windows * cells);
  const double product = 1.1 * product_us(pixels, k, size.filters) + store_us(pixels, size.filters);
  return kMachine.call_us + std::max(product, weights_us(4 * k * static_cast<double>(size.filters), size.resident));
}

}  // namespace keratin::ir
