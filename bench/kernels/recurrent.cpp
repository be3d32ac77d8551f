// Input projection and recurrence together, as a layer runs them. Peers' times for whole models: LSTM 64 of 32 features, 100 steps;
// LSTM 256 of 64 features, 20 steps; GRU 64 of 32 features, 100 steps.
#include "bench.h"
#include "keratin/runtime/dense.h"
#include "keratin/runtime/gru.h"
#include "keratin/runtime/lstm.h"
#include "keratin/runtime/simple_rnn.h"

namespace {

double peak_gflops;

template <int Units, int Features, int Gates, class Layer> void run(const char* name, kr::Size n, kr::Size steps, const Layer& layer) {
  constexpr kr::Size kColumns = kr::gate_columns(Units, Gates);
  const auto in = bench::numbers<float>(size_t(n * steps * Features)),
             kernel = bench::numbers<float>(size_t(kr::packed_size(Features, kColumns))),
             bias = bench::numbers<float>(size_t(kColumns)), x = bench::numbers<float>(size_t(n * steps * kColumns)),
             recurrent = bench::numbers<float>(size_t(kr::recurrent_size(Units, Gates))), y = bench::numbers<float>(size_t(n * Units)),
             scratch = bench::numbers<float>(size_t(4 * n * kr::padded_units(Units)));
  const double flops = 2.0 * double(n * steps) * Gates * Units;
  const double projection = bench::least_time([&] {
    kr::dense<float, Features, kColumns>(n * steps, in.get(), kernel.get(), bias.get(), x.get());
  });
  const double recurrence = bench::least_time([&] { layer(n, steps, x.get(), recurrent.get(), bias.get(), y.get(), scratch.get()); });
  fmt::print("{} {} of {} features, batch {}, {} steps: {:.3f} us per step\n", name, Units, Features, n, steps, recurrence / double(steps));
  bench::line("  projection", projection, flops * Features, peak_gflops);
  bench::line("  recurrence", recurrence, flops * Units, peak_gflops, 4.0 * double(steps * kr::recurrent_size(Units, Gates)));
  bench::line("  both", projection + recurrence, flops * (Features + Units), peak_gflops);
}

template <int Units, int Features> void lstm(kr::Size n, kr::Size steps) {
  run<Units, Features, 4>("lstm", n, steps, [](auto count, auto t, auto x, auto w, auto, auto y, auto scratch) {
    kr::lstm<float, Units>(count, t, x, w, nullptr, nullptr, nullptr, y, Units, nullptr, nullptr, scratch, 0);
  });
}
template <int Units, int Features, bool ResetAfter> void gru(kr::Size n, kr::Size steps) {
  const char* name = ResetAfter ? "gru" : "gru, reset before";
  run<Units, Features, 3>(name, n, steps, [](auto count, auto t, auto x, auto w, auto b, auto y, auto s) {
    kr::gru<float, Units, ResetAfter>(count, t, x, w, b, nullptr, nullptr, y, Units, nullptr, s, 0);
  });
}
template <int Units, int Features> void simple_rnn(kr::Size n, kr::Size steps) {
  run<Units, Features, 1>("simple rnn", n, steps, [](auto count, auto t, auto x, auto w, auto, auto y, auto scratch) {
    kr::simple_rnn<float, Units>(count, t, x, w, nullptr, nullptr, y, Units, nullptr, scratch, 0);
  });
}

}  // namespace

int main() {
  peak_gflops = bench::peak<float>();
  fmt::print("peak {:.1f} GF/s\n", peak_gflops);
  lstm<10, 8>(1, 20);
  for (const kr::Size n : {1, 32}) {
    lstm<64, 32>(n, 100);
    lstm<256, 64>(n, 20);
    gru<64, 32, true>(n, 100);
    gru<64, 32, false>(n, 100);
    simple_rnn<64, 32>(n, 100);
  }
}
