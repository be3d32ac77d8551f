#include "keratin/runtime/attention.h"

#include "bench.h"

namespace {

double peak_gflops;

template <int D> void run(kr::Size batch, kr::Size heads, kr::Size steps, bool causal) {
  const auto size = size_t(batch * steps * heads * D);
  const auto q = bench::numbers<float>(size), k = bench::numbers<float>(size), v = bench::numbers<float>(size),
             y = bench::numbers<float>(size), scratch = bench::numbers<float>(size_t(kr::attention_scratch<float, D>(steps, 1)));
  kr::AttentionShape<float> shape{batch, heads, steps, steps};
  shape.causal = causal;
  const kr::Size row = heads * D;
  const auto rows = [&](const float* p) { return kr::AttentionRows<const float>{p, steps * row, row, D}; };
  const kr::AttentionRows<float> out{y.get(), steps * row, row, D};
  const double t = bench::least_time([&] {
    kr::attention<float, D>(shape, rows(q.get()), rows(k.get()), rows(v.get()), out, {}, {}, nullptr, scratch.get());
  });
  const auto name = fmt::format("{} x {} heads of {}, {} steps{}", batch, heads, D, steps, causal ? ", causal" : "");
  bench::line(name.c_str(), t, 4.0 * double(batch * heads * steps * steps * D) / (causal ? 2 : 1), peak_gflops);
}

}  // namespace

int main() {
  peak_gflops = bench::peak<float>();
  fmt::print("peak {:.1f} GF/s\n", peak_gflops);
  for (const bool causal : {false, true}) {
    run<16>(1, 8, 64, causal);
    run<64>(1, 4, 16, causal);
    run<64>(1, 4, 128, causal);
    run<64>(1, 2, 512, causal);
    run<128>(1, 1, 512, causal);
  }
}
