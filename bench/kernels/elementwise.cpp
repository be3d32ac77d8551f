#include "keratin/runtime/map.h"
#include "keratin/runtime/move.h"
#include "keratin/runtime/norm.h"
#include "keratin/runtime/pooling.h"
#include "keratin/runtime/softmax.h"

#include "bench.h"

using kr::Size;

namespace {

void report(const std::string& name, double microseconds, double bytes, double elements) {
  fmt::print("{:40} {:10.3f} us {:7.1f} GB/s {:7.3f} ns/element\n", name, microseconds, bytes / microseconds * 1e-3, microseconds / elements * 1e3);
}

template <class F> void unary(const char* name, Size n, F f) {
  const auto x = bench::numbers<float>(static_cast<size_t>(n)), y = bench::numbers<float>(static_cast<size_t>(n));
  const double t = bench::least_time([&] { kr::map<1>({n}, f, kr::out<1>(y.get(), {1}), kr::in<1>(x.get(), {1})); });
  report(fmt::format("{} {}", name, n), t, 8.0 * static_cast<double>(n), static_cast<double>(n));
}

template <int N> void rows(Size count) {
  const auto total = static_cast<size_t>(count * N);
  const auto x = bench::numbers<float>(total), y = bench::numbers<float>(total), g = bench::numbers<float>(N);
  const auto bytes = 8.0 * static_cast<double>(total), elements = static_cast<double>(total);
  report(fmt::format("softmax {}x{}", count, N), bench::least_time([&] { kr::softmax<N>(count, N, x.get(), y.get()); }), bytes, elements);
  report(fmt::format("layer_norm {}x{}", count, N),
         bench::least_time([&] { kr::layer_norm(count, Size{N}, x.get(), g.get(), g.get(), 1e-3f, y.get()); }), bytes, elements);
  report(fmt::format("row sums {}x{}", count, N), bench::least_time([&] {
           kr::reduce_rows<kr::Sum>({count, N}, kr::Identity{}, kr::Identity{}, kr::out<1>(y.get(), {1}), kr::in<1>(x.get(), {N, 1}));
         }), bytes / 2, elements);
}

void global_average(Size pixels, Size channels) {
  const auto x = bench::numbers<float>(static_cast<size_t>(pixels * channels)), y = bench::numbers<float>(static_cast<size_t>(channels));
  const auto elements = static_cast<double>(pixels * channels);
  report(fmt::format("global average {}x{}", pixels, channels), bench::least_time([&] {
           kr::reduce<kr::Sum>({1, pixels, channels}, kr::Identity{}, [](auto s) { return s * 0.02f; }, kr::out<1>(y.get(), {channels, 1}),
                               kr::in<1>(x.get(), {0, channels, 1}));
         }), 4 * elements, elements);
}

template <class Kind, class G> void pool(const char* name) {
  const auto x = bench::numbers<float>(static_cast<size_t>(G::H * G::W * G::C)), y = bench::numbers<float>(static_cast<size_t>(G::OH * G::OW * G::C));
  report(fmt::format("{} {}x{}x{} window {}", name, +G::H, +G::W, +G::C, +G::KH),
         bench::least_time([&] { kr::pooling<Kind, G>(1, static_cast<const float*>(x.get()), y.get()); }),
         4.0 * (G::H * G::W + G::OH * G::OW) * G::C, 1.0 * G::H * G::W * G::C);
}

void transposed(Size a, Size b) {
  const auto x = bench::numbers<float>(static_cast<size_t>(a * b)), y = bench::numbers<float>(static_cast<size_t>(a * b));
  const auto elements = static_cast<double>(a * b);
  report(fmt::format("transpose {}x{}", a, b),
         bench::least_time([&] { kr::copy<2>({a, b}, y.get(), {1, a}, static_cast<const float*>(x.get()), {b, 1}); }), 8 * elements, elements);
}

}  // namespace

int main() {
  for (Size n : {Size{64}, Size{4096}, Size{65536}}) {
    unary("relu", n, [](auto v) { return kr::max(0.f, v); });
    unary("exp", n, [](auto v) { return kr::exp(v); });
    unary("sigmoid", n, [](auto v) { return kr::sigmoid(v); });
    unary("tanh", n, [](auto v) { return kr::tanh(v); });
    unary("erf gelu", n, [](auto v) { return v * 0.5f * (kr::erf(v * 0.70710678f) + 1.f); });
    unary("log", n, [](auto v) { return kr::log(v); });
    unary("pow 1.7", n, [](auto v) { return kr::pow(v, kr::broadcast<decltype(v)>(1.7f)); });
    unary("sin", n, [](auto v) { return kr::sin(v); });
  }
  rows<10>(32);
  rows<64>(32);
  rows<256>(32);
  rows<1000>(1);
  rows<1000>(32);
  global_average(49, 512);
  global_average(3136, 64);
  global_average(49, 1280);
  pool<kr::MaxPool, kr::Pool2d<28, 28, 32, 2, 2, 2, 2>>("max");
  pool<kr::MaxPool, kr::Pool2d<112, 112, 64, 3, 3, 2, 2, 1, 1, 1, 1>>("max");
  pool<kr::AveragePool, kr::Pool2d<56, 56, 64, 2, 2, 2, 2>>("average");
  transposed(64, 64);
  transposed(3136, 64);
  transposed(512, 512);
}
