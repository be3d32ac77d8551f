// The planner's predictions against measured times: which kernel a convolution gets, and whether it is the faster one. A report, not a
// judgement: machines differ, and so do runs.
#include <algorithm>
#include <string>
#include <vector>

#include "bench.h"
#include "ir/plan/cost.h"
#include "keratin/runtime/conv2d.h"
#include "keratin/runtime/conv_max_pool.h"
#include "keratin/runtime/pooling.h"
#include "keratin/runtime/winograd.h"

namespace {

int agreeing = 0, all = 0;
double lost = 0;

struct Timed {
  const char* kernel;
  double predicted, measured;
};

void report(const std::string& layer, const std::vector<Timed>& candidates) {
  const auto chosen = std::min_element(candidates.begin(), candidates.end(), [](const Timed& a, const Timed& b) { return a.predicted < b.predicted; });
  const auto fastest = std::min_element(candidates.begin(), candidates.end(), [](const Timed& a, const Timed& b) { return a.measured < b.measured; });
  ++all;
  agreeing += chosen == fastest;
  lost = std::max(lost, chosen->measured / fastest->measured - 1);
  fmt::print("{:<28}", layer);
  for (const Timed& t : candidates) fmt::print("  {}{} {:9.1f} / {:9.1f} us", &t == &*chosen ? "*" : " ", t.kernel, t.predicted, t.measured);
  fmt::print("{}\n", chosen == fastest ? "" : "   <- the other was faster");
}

/// One 3x3 convolution with padding `same`, directly and by Winograd; with Pool, each followed by max pooling, and the fused kernel.
template <int H, int W, int C, int F, bool Pool = false, int Pad = 1> void compare() {
  using G = kr::Conv2d<H, W, C, F, 3, 3, 1, 1, 1, 1, Pad, Pad, Pad, Pad>;
  using Window = kr::Pool2d<static_cast<int>(G::OH), static_cast<int>(G::OW), F, 2, 2, 2, 2, 0, 0, 0, 0>;
  const auto x = bench::numbers<float>(H * W * C), w = bench::numbers<float>(kr::winograd_weights<G, 2>()), b = bench::numbers<float>(F), y = bench::numbers<float>(G::OH * G::OW * F),
             pooled = bench::numbers<float>(G::OH * G::OW * F), scratch = bench::numbers<float>(kr::winograd_scratch<float, G, 2>());
  const keratin::ir::ConvSize size{G::OH, G::OW, C, F, 9};
  const int64_t windows = (G::OH / 2) * (G::OW / 2);
  const auto pool = [&] {
    if (Pool) kr::pooling<kr::MaxPool, Window>(1, y.get(), pooled.get(), kr::NoEpilogue{}, nullptr);
  };
  const double pooling = Pool ? keratin::ir::max_pool_us(windows, 4, F) : 0;
  std::vector<Timed> candidates;
  candidates.push_back({"direct", keratin::ir::direct_conv_us(size) + pooling, bench::least_time([&] {
                          kr::conv2d<float, G, kr::Relu>(1, x.get(), w.get(), b.get(), y.get());
                          pool();
                        })});
  candidates.push_back({"winograd", keratin::ir::winograd_us(size, 2) + pooling, bench::least_time([&] {
                          kr::winograd<float, G, 2, kr::Relu>(1, x.get(), w.get(), b.get(), y.get(), scratch.get());
                          pool();
                        })});
  if constexpr (Pool) {
    candidates.push_back({"fused", keratin::ir::conv_max_pool_us(size, windows, 4), bench::least_time([&] {
                            kr::conv2d_max_pool<float, G, kr::MaxWindow<2, 2>, kr::Relu>(1, x.get(), w.get(), b.get(), pooled.get());
                          })});
  }
  report(fmt::format("{}x{}x{}->{}{}", H, W, C, F, Pool ? " + pool" : ""), candidates);
}

}  // namespace

int main() {
  fmt::print("predicted / measured; * is chosen\n");
  compare<32, 32, 16, 16>();
  compare<16, 16, 32, 32>();
  compare<8, 8, 64, 64>();
  compare<28, 28, 1, 32, true, 0>();
  compare<13, 13, 32, 64, true, 0>();
  compare<64, 64, 16, 16, true>();
  compare<32, 32, 32, 32, true>();
  compare<64, 64, 3, 16>();
  compare<32, 32, 64, 32>();
  compare<16, 16, 128, 64>();
  compare<56, 56, 64, 64>();
  compare<28, 28, 128, 128>();
  compare<14, 14, 256, 256>();
  compare<7, 7, 512, 512>();
  fmt::print("the chosen kernel was the fastest in {} of {} cases; at worst {:.0f} % were lost\n", agreeing, all, 100 * lost);
}
