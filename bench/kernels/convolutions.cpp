#include <string>

#include "bench.h"
#include "keratin/runtime/conv2d.h"
#include "keratin/runtime/conv_max_pool.h"
#include "keratin/runtime/conv_transpose.h"
#include "keratin/runtime/depthwise.h"
#include "keratin/runtime/winograd.h"

namespace {

double peak_gflops;

template <class G, int Mult = 1> void run_depthwise() {
  const auto x = bench::numbers<float>(G::H * G::W * G::XStride), w = bench::numbers<float>(G::KH * G::KW * G::F),
             b = bench::numbers<float>(G::F), y = bench::numbers<float>(G::OH * G::OW * G::YStride);
  const double t = bench::least_time([&] { kr::depthwise_conv2d<float, G, Mult, kr::Relu>(1, x.get(), w.get(), b.get(), y.get()); });
  bench::line(fmt::format("depthwise {}x{}x{} {}x{} s{} stride {}", G::H, G::W, G::C, G::KH, G::KW, G::SW, G::XStride).c_str(), t,
              2.0 * G::OH * G::OW * G::KH * G::KW * G::F, peak_gflops, 4.0 * (G::H * G::W * G::C + G::OH * G::OW * G::F));
}

/// Flops of the direct form, so that lines compare.
template <int H, int C, int F> void run_winograd() {
  using G = kr::Conv2d<H, H, C, F, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>;
  const auto x = bench::numbers<float>(G::H * G::W * C), w = bench::numbers<float>(kr::winograd_weights<G, 4>()),
             b = bench::numbers<float>(F), y = bench::numbers<float>(G::H * G::W * F),
             s = bench::numbers<float>(kr::winograd_scratch<float, G, 2>() + kr::winograd_scratch<float, G, 4>());
  const auto line = [](const char* name, double t) {
    bench::line(fmt::format("{} {}x{}x{}->{}", name, H, H, C, F).c_str(), t, 2.0 * H * H * 9 * C * F, peak_gflops);
  };
  line("direct", bench::least_time([&] { kr::conv2d<float, G, kr::Relu>(1, x.get(), w.get(), b.get(), y.get()); }));
  line("F(2,3)", bench::least_time([&] { kr::winograd<float, G, 2, kr::Relu>(1, x.get(), w.get(), b.get(), y.get(), s.get()); }));
  line("F(4,3)", bench::least_time([&] { kr::winograd<float, G, 4, kr::Relu>(1, x.get(), w.get(), b.get(), y.get(), s.get()); }));
}

template <class G> void run_transpose() {
  const auto x = bench::numbers<float>(G::H * G::W * G::C), w = bench::numbers<float>(kr::packed_size(G::K, G::F)),
             b = bench::numbers<float>(G::F), y = bench::numbers<float>(G::OH * G::OW * G::F);
  const double t = bench::least_time([&] { kr::conv2d_transpose<float, G, kr::Relu>(1, x.get(), w.get(), b.get(), y.get()); });
  bench::line(fmt::format("transpose {}x{}x{}->{} {}x{} s{}", G::H, G::W, G::C, G::F, G::KH, G::KW, G::SW).c_str(), t,
              2.0 * G::H * G::W * G::K * G::F, peak_gflops);
}

/// The convolution alone, and with the pooling that would follow it.
template <class G> void run_max_pool() {
  const auto x = bench::numbers<float>(G::H * G::W * G::C), w = bench::numbers<float>(kr::packed_size(G::K, G::F)),
             b = bench::numbers<float>(G::F), y = bench::numbers<float>(G::OH * G::OW * G::F);
  const double flops = 2.0 * G::OH * G::OW * G::K * G::F;
  const auto name = [](const char* kind) { return fmt::format("{} {}x{}x{}->{} {}x{}", kind, G::H, G::W, G::C, G::F, G::KH, G::KW); };
  const double alone = bench::least_time([&] { kr::conv2d<float, G, kr::Relu>(1, x.get(), w.get(), b.get(), y.get()); });
  const double fused = bench::least_time([&] {
    kr::conv2d_max_pool<float, G, kr::MaxWindow<2, 2>, kr::Relu>(1, x.get(), w.get(), b.get(), y.get());
  });
  bench::line(name("conv").c_str(), alone, flops, peak_gflops);
  bench::line(name("conv + max pool").c_str(), fused, flops, peak_gflops);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string only = argc > 1 ? argv[1] : "";
  peak_gflops = bench::peak<float>();
  fmt::print("peak {:.1f} GF/s\n", peak_gflops);
  if (only.empty() || only == "depthwise") {
    run_depthwise<kr::Conv2d<112, 112, 32, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>();
    run_depthwise<kr::Conv2d<112, 112, 32, 32, 3, 3, 2, 2, 1, 1, 0, 1, 0, 1>>();
    run_depthwise<kr::Conv2d<14, 14, 512, 512, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>();
    run_depthwise<kr::Conv2d<14, 14, 512, 512, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 528, 528>>();
    run_depthwise<kr::Conv2d<7, 7, 960, 960, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>();
    run_depthwise<kr::Conv2d<28, 28, 40, 40, 5, 5, 1, 1, 1, 1, 2, 2, 2, 2>>();
    run_depthwise<kr::Conv2d<14, 14, 96, 96, 7, 7, 1, 1, 1, 1, 3, 3, 3, 3>>();
    run_depthwise<kr::Conv2d<32, 32, 16, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>, 2>();
  }
  if (only.empty() || only == "winograd") {
    run_winograd<32, 16, 16>();
    run_winograd<56, 64, 64>();
    run_winograd<28, 128, 128>();
    run_winograd<14, 256, 256>();
    run_winograd<7, 512, 512>();
  }
  if (only.empty() || only == "pool") {
    run_max_pool<kr::Conv2d<28, 28, 1, 32, 3, 3>>();
    run_max_pool<kr::Conv2d<13, 13, 32, 64, 3, 3>>();
    run_max_pool<kr::Conv2d<32, 32, 16, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>();
  }
  if (only.empty() || only == "transpose") {
    run_transpose<kr::ConvTranspose2d<7, 7, 128, 64, 5, 5, 14, 14, 2, 2, 1, 1, 1, 1>>();
    run_transpose<kr::ConvTranspose2d<28, 28, 64, 32, 3, 3, 56, 56, 2, 2>>();
    run_transpose<kr::ConvTranspose2d<32, 32, 64, 32, 2, 2, 64, 64, 2, 2>>();
    run_transpose<kr::ConvTranspose2d<64, 64, 32, 3, 3, 3, 64, 64, 1, 1, 1, 1, 1, 1>>();
  }
}
