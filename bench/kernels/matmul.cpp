#include "keratin/runtime/matmul.h"

#include "bench.h"

namespace {

double peak_gflops;

template <bool TransposeB> void run(kr::Size batch, kr::Size m, kr::Size n, kr::Size k) {
  const auto a = bench::numbers<float>(size_t(batch * m * k)), b = bench::numbers<float>(size_t(batch * n * k)),
             c = bench::numbers<float>(size_t(batch * m * n));
  kr::MatmulShape s{m, n, k, k, TransposeB ? k : n, n};
  s.outer = batch;
  s.a_outer = m * k, s.b_outer = n * k, s.c_outer = m * n;
  const double t = bench::least_time([&] { kr::matmul<float, TransposeB>(s, a.get(), b.get(), c.get()); });
  bench::line(fmt::format("{} x {}x{}x{}{}", batch, m, n, k, TransposeB ? " B^T" : "").c_str(), t, 2.0 * batch * m * n * k, peak_gflops);
}

}  // namespace

int main() {
  peak_gflops = bench::peak<float>();
  fmt::print("peak {:.1f} GF/s\n", peak_gflops);
  for (kr::Size t : {16, 64, 128, 512}) {
    run<true>(4, t, t, 32);
    run<false>(4, t, 32, t);
    run<true>(4, t, t, 64);
    run<false>(4, t, 64, t);
  }
  run<true>(4, 1, 256, 64);
  run<false>(4, 1, 64, 256);
  run<false>(1, 256, 256, 256);
  run<true>(1, 256, 256, 256);
  run<false>(1, 128, 1024, 512);
  run<false>(64, 4, 4, 4);
}
