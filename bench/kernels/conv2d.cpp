#include "keratin/runtime/conv2d.h"

#include "bench.h"

namespace {

double peak_gflops;

template <class G> void run(const char* name) {
  const auto x = bench::numbers<float>(G::H * G::W * G::XStride), w = bench::numbers<float>(kr::packed_size(G::K, G::F)),
             b = bench::numbers<float>(G::F), y = bench::numbers<float>(G::OH * G::OW * G::YStride);
  const double t = bench::least_time([&] { kr::conv2d<float, G, kr::Relu>(1, x.get(), w.get(), b.get(), y.get()); });
  bench::line(fmt::format("{} {}x{}x{}->{} {}x{} s{}", name, G::H, G::W, G::C, G::F, G::KH, G::KW, G::SW).c_str(), t,
              2.0 * G::OH * G::OW * G::K * G::F, peak_gflops, 4.0 * G::K * G::F);
}

}  // namespace

int main() {
  peak_gflops = bench::peak<float>();
  fmt::print("peak {:.1f} GF/s (100 % counts padded taps)\n", peak_gflops);
  run<kr::Conv2d<28, 28, 1, 32, 3, 3>>("mnist");
  run<kr::Conv2d<26, 26, 32, 64, 3, 3>>("mnist");
  run<kr::Conv2d<32, 32, 3, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>("resnet8");
  run<kr::Conv2d<32, 32, 16, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>("resnet8");
  run<kr::Conv2d<32, 32, 16, 32, 3, 3, 2, 2, 1, 1, 0, 1, 0, 1>>("resnet8");
  run<kr::Conv2d<56, 56, 64, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>("same");
  run<kr::Conv2d<28, 28, 128, 128, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>("same");
  run<kr::Conv2d<14, 14, 256, 256, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>("same");
  run<kr::Conv2d<7, 7, 512, 512, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>("same");
  run<kr::Conv2d<4, 4, 256, 256, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>("same");
  run<kr::Conv2d<2, 2, 256, 256, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>("same");
  run<kr::Conv2d<224, 224, 3, 64, 7, 7, 2, 2, 1, 1, 2, 3, 2, 3>>("stem");
  run<kr::Conv2d<14, 14, 512, 512, 1, 1>>("1x1");
  run<kr::Conv2d<56, 56, 64, 256, 1, 1>>("1x1");
  run<kr::Conv2d<56, 56, 64, 24, 1, 1>>("1x1");
  run<kr::Conv2d<28, 28, 128, 128, 1, 1, 2, 2>>("1x1");
  run<kr::Conv2d<64, 64, 32, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>("mask");
  run<kr::Conv2d<64, 64, 32, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>("image");
  run<kr::Conv2d<1, 128, 64, 64, 1, 3, 1, 1, 1, 1, 0, 0, 1, 1>>("conv1d");
}
