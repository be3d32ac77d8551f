#include "keratin/runtime/dense.h"

#include "bench.h"

namespace {

double peak_gflops;

template <kr::Size K, kr::Size N, bool Prefetch = false> void run(kr::Size rows) {
  const auto x = bench::numbers<float>(rows * K), w = bench::numbers<float>(kr::packed_size(K, N)), b = bench::numbers<float>(N),
             y = bench::numbers<float>(rows * N);
  const double t = bench::least_time([&] {
    kr::dense<float, K, N, kr::Relu, K, N, Prefetch>(rows, x.get(), w.get(), b.get(), y.get());
  });
  bench::line(fmt::format("dense {} x {}->{}{}", rows, K, N, Prefetch ? " prefetch" : "").c_str(), t, 2.0 * rows * K * N, peak_gflops,
              4.0 * K * N);
}

template <kr::Size K, kr::Size N> void small() {
  const auto x = bench::numbers<float>(K), w = bench::numbers<float>(kr::packed_size(K, N)), b = bench::numbers<float>(N),
             y = bench::numbers<float>(N);
  const double t = bench::least_time([&] {
    for (int i = 0; i < 100; ++i) {
      kr::dense_small<float, K, N, kr::Relu>(1, x.get(), w.get(), b.get(), y.get());
      __asm__ volatile("" ::: "memory");
    }
  }) / 100;
  bench::line(fmt::format("dense_small {}->{}", K, N).c_str(), t, 2.0 * K * N, peak_gflops, 4.0 * K * N);
}

}  // namespace

int main() {
  peak_gflops = bench::peak<float>();
  fmt::print("peak {:.1f} GF/s\n", peak_gflops);
  small<8, 8>();
  small<16, 16>();
  small<20, 1>();
  small<32, 32>();
  small<64, 64>();
  run<64, 64>(1);
  run<128, 128>(1);
  run<256, 256>(1);
  run<784, 512>(1);
  run<784, 512, true>(1);
  run<512, 10>(1);
  run<512, 1>(1);
  for (kr::Size rows : {2, 3, 4, 5, 8, 9, 16, 32}) run<512, 512>(rows);
  run<512, 10>(32);
  run<512, 1>(32);
  run<64, 16>(1024);
  run<64, 50>(32);
  run<128, 128>(32);
  run<784, 512>(32);
  run<784, 512>(256);
  run<64, 256>(3136);
}
