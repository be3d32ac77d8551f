#include "keratin/runtime/conv_max_pool.h"

#include <algorithm>

#include "keratin/runtime/conv2d.h"
#include "kernel_test.h"
#include "shuffled_pool.h"

namespace {

template <class T, class G, class P> void check(kr::Size examples = 2, bool with_bias = true) {
  INFO(G::H << "x" << G::W << "x" << G::C << "->" << G::F << " kernel " << G::KH << "x" << G::KW << " stride " << G::SW << " window "
            << P::PH << "x" << P::PW << " " << P::PSH << "x" << P::PSW);
  constexpr kr::Size kHigh = (G::OH - P::PH) / P::PSH + 1, kWide = (G::OW - P::PW) / P::PSW + 1;
  const kr::Size pixels = examples * kHigh * kWide;
  Guarded<T> x(size_t((examples * G::H * G::W - 1) * G::XStride + G::C)), w(size_t(G::K * G::F)), bias(size_t{size_t(G::F)});
  Guarded<T> residual(size_t(examples * G::OH * G::OW * G::F)), conv(residual.size());
  Guarded<T> y(size_t((pixels - 1) * G::YStride + G::F), T(-7)), other(y.size(), T(-7));
  Numbers numbers(uint64_t(G::K * 31 + G::F));
  for (auto* a : {&x, &w, &bias, &residual}) numbers.fill(*a);
  const Guarded<T> panels = packed(w.data(), G::K, G::F);
  const T* b = with_bias ? bias.data() : nullptr;
  // conv2d is tested on its own: pooling what it stores is the reference, up to the order of sums.
  using Dense = kr::Conv2d<G::H, G::W, G::C, G::F, G::KH, G::KW, G::SH, G::SW, G::DH, G::DW, G::PT, G::PB, G::PL, G::PR, G::XStride>;
  kr::conv2d<T, Dense, AddAndRelu<T>>(examples, x.data(), panels.data(), b, conv.data(), {residual.data()});
  kr::conv2d_max_pool<T, G, P, AddAndRelu<T>>(examples, x.data(), panels.data(), b, y.data(), {residual.data()});
  int wrong = 0;
  for (kr::Size pixel = 0; pixel < pixels; ++pixel) {
    const kr::Size n = pixel / (kHigh * kWide), ph = pixel / kWide % kHigh, pw = pixel % kWide;
    for (kr::Size f = 0; f < G::F; ++f) {
      T want = 0;
      for (kr::Size dy = 0; dy < P::PH; ++dy) {
        for (kr::Size dx = 0; dx < P::PW; ++dx) {
          want = std::max(want, conv[size_t(((n * G::OH + ph * P::PSH + dy) * G::OW + pw * P::PSW + dx) * G::F + f)]);
        }
      }
      wrong += !close(y[size_t(pixel * G::YStride + f)], double(want), double(G::K) / 4 + 2, double(G::K));
    }
    for (kr::Size f = G::F; f < G::YStride && pixel + 1 < pixels; ++f) wrong += y[size_t(pixel * G::YStride + f)] != T(-7);
  }
  CHECK(wrong == 0);
  CHECK(y.intact());
  ShuffledPool pool(3);
  kr::conv2d_max_pool<T, G, P, AddAndRelu<T>>(examples, x.data(), panels.data(), b, other.data(), {residual.data()}, &pool);
  CHECK(std::memcmp(y.data(), other.data(), y.size() * sizeof(T)) == 0);
}

template <int W> using Same3 = kr::Conv2d<4, W, 3, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>;
template <int... I> void check_every_width(kr::Indices<I...>) { (check<float, Same3<I + 2>, kr::MaxWindow<2, 2>>(1), ...); }

}  // namespace

TEST_CASE("conv2d_max_pool: every width of a row") { check_every_width(kr::upto<20>()); }

TEST_CASE("conv2d_max_pool: kernels, windows, channels") {
  using kr::Conv2d;
  using kr::MaxWindow;
  check<float, Conv2d<28, 28, 1, 32, 3, 3>, MaxWindow<2, 2>>();
  check<float, Conv2d<13, 13, 32, 64, 3, 3>, MaxWindow<2, 2>>(1, false);   // a row and a column that no window reads
  check<float, Conv2d<9, 21, 5, 8, 5, 5, 1, 1, 1, 1, 2, 2, 2, 2>, MaxWindow<3, 3>>();
  check<float, Conv2d<9, 21, 5, 10, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1>, MaxWindow<2, 3, 2, 4>>();
  check<float, Conv2d<6, 9, 4, 36, 1, 1>, MaxWindow<2, 2>>();
  check<float, Conv2d<1, 40, 6, 24, 1, 5, 1, 1, 1, 1, 0, 0, 2, 2>, MaxWindow<1, 2>>();
  check<float, Conv2d<6, 15, 7, 20, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 9, 23>, MaxWindow<2, 2>>();
  check<double, Conv2d<6, 15, 7, 36, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>, MaxWindow<2, 2>>();
}

TEST_CASE("conv2d_max_pool: what does not fuse is known") {
  CHECK(kr::fuses_max_pool<kr::Conv2d<28, 28, 1, 32, 3, 3>, kr::MaxWindow<2, 2>>());
  CHECK_FALSE(kr::fuses_max_pool<kr::Conv2d<28, 28, 1, 33, 3, 3>, kr::MaxWindow<2, 2>>());
  CHECK_FALSE(kr::fuses_max_pool<kr::Conv2d<5, 40, 1, 32, 3, 3, 1, 1, 8, 16, 8, 8, 16, 16>, kr::MaxWindow<2, 2>>());
  CHECK_FALSE(kr::fuses_max_pool<kr::Conv2d<4, 4, 1, 32, 3, 3>, kr::MaxWindow<3, 3>>());
}

TEST_CASE("conv2d_max_pool: NaN propagates") {
  using G = kr::Conv2d<4, 8, 1, 4, 1, 1>;
  Guarded<float> x(32, 1.f), w(size_t(kr::packed_size(1, 4)), 1.f), y(2 * 4 * 4);
  x[9] = std::numeric_limits<float>::quiet_NaN();   // row 1, column 1: window 0 of row 0
  kr::conv2d_max_pool<float, G, kr::MaxWindow<2, 2>, kr::Relu>(1, x.data(), w.data(), nullptr, y.data());
  for (size_t i = 0; i < 32; ++i) CHECK(std::isnan(y[i]) == (i < 4));
}
