#include "keratin/runtime/pooling.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "guarded.h"
#include "keratin/runtime/thread_pool.h"

using kr::Size;

namespace {

struct AddOne {
  std::vector<int>* seen = nullptr;
  template <class V> V operator()(V v, Size offset, int lanes) const {
    if (seen != nullptr) {
      for (int l = 0; l < lanes; ++l) ++(*seen)[static_cast<size_t>(offset + l)];
    }
    return v + kr::Element<V>(1);
  }
};

/// The plain way: one output channel of one pixel.
template <class G, class T> double slow_pool(bool average, const T* x, Size example, int od, int oh, int ow, int c) {
  double sum = 0, top = -std::numeric_limits<double>::infinity();
  int cells = 0;
  for (int kd = 0; kd < G::KD; ++kd) {
    for (int kh = 0; kh < G::KH; ++kh) {
      for (int kw = 0; kw < G::KW; ++kw) {
        const int d = od * G::SD - G::PF + kd * G::DD, h = oh * G::SH - G::PT + kh * G::DH, w = ow * G::SW - G::PL + kw * G::DW;
        if (d < 0 || d >= G::D || h < 0 || h >= G::H || w < 0 || w >= G::W) continue;
        const double v = x[(((example * G::D + d) * G::H + h) * G::W + w) * G::XStride + c];
        sum += v;
        top = std::max(top, v);
        ++cells;
      }
    }
  }
  return average ? sum / cells : top;
}

template <class G, class T> void check_geometry() {
  const Size n = 2, in = n * G::D * G::H * G::W, out = n * G::OD * G::OH * G::OW;
  Guarded<T> x(static_cast<size_t>((in - 1) * G::XStride + G::C)), largest(static_cast<size_t>((out - 1) * G::YStride + G::C), T(-77)), mean(largest.size(), T(-77));
  Numbers numbers;
  numbers.fill(x);
  std::vector<int> seen(static_cast<size_t>(out * G::C));
  kr::pooling<kr::MaxPool, G>(n, static_cast<const T*>(x.data()), largest.data(), AddOne{&seen});
  kr::pooling<kr::AveragePool, G>(n, static_cast<const T*>(x.data()), mean.data());
  bool good = largest.intact() && mean.intact() && seen == std::vector<int>(seen.size(), 1);
  for (Size p = 0; p < out; ++p) {
    const int ow = static_cast<int>(p % G::OW), oh = static_cast<int>(p / G::OW % G::OH), od = static_cast<int>(p / G::OW / G::OH % G::OD);
    const Size example = p / G::OW / G::OH / G::OD;
    for (int c = 0; c < G::C; ++c) {
      const auto at = static_cast<size_t>(p * G::YStride + c);
      good = good && largest[at] == static_cast<T>(slow_pool<G>(false, x.data(), example, od, oh, ow, c)) + 1;
      good = good && std::fabs(mean[at] - slow_pool<G>(true, x.data(), example, od, oh, ow, c)) <= 1e-6;
    }
    for (Size c = G::C; c < G::YStride && p + 1 < out; ++c) good = good && largest[static_cast<size_t>(p * G::YStride + c)] == T(-77);
  }
  INFO(G::D << "x" << G::H << "x" << G::W << "x" << G::C << " window " << G::KD << "x" << G::KH << "x" << G::KW);
  CHECK(good);
}

template <class T, int... C> void check_channels(kr::Indices<C...>) { (check_geometry<kr::Pool2d<5, 6, C + 1, 2, 2, 2, 2>, T>(), ...); }

}  // namespace

TEST_CASE("pooling of every number of channels") {
  check_channels<float>(kr::upto<20>());
  check_geometry<kr::Pool2d<5, 6, 33, 3, 3, 2, 2, 1, 1, 1, 1>, float>();
  check_geometry<kr::Pool2d<5, 6, 64, 3, 3, 2, 2, 1, 1, 1, 1>, float>();
  check_geometry<kr::Pool2d<5, 6, 70, 3, 3, 2, 2, 1, 1, 1, 1>, float>();
  check_geometry<kr::Pool2d<5, 6, 70, 3, 3, 2, 2, 1, 1, 1, 1>, double>();
}

TEST_CASE("pooling windows, strides, paddings, dilations, strided pixels and dimensions") {
  check_geometry<kr::Pool2d<7, 7, 5, 3, 3, 1, 1, 1, 1, 1, 1>, float>();
  check_geometry<kr::Pool2d<7, 9, 5, 3, 2, 2, 3, 0, 1, 1, 0>, float>();
  check_geometry<kr::Pool2d<4, 4, 3, 5, 5, 1, 1, 2, 2, 2, 2>, float>();
  check_geometry<kr::Pool2d<4, 4, 3, 7, 7, 4, 4, 3, 3, 3, 3>, float>();
  check_geometry<kr::Pool2d<1, 20, 6, 1, 3, 1, 2, 0, 0, 0, 1>, float>();
  check_geometry<kr::Pool2d<9, 9, 6, 2, 3, 1, 2, 0, 0, 2, 2, 6, 6, 3, 2>, float>();
  check_geometry<kr::Pool2d<6, 6, 6, 2, 2, 2, 2, 0, 0, 0, 0, 11, 9>, float>();
  check_geometry<kr::Pool2d<3, 3, 20, 3, 3, 3, 3>, double>();
  check_geometry<kr::Pool3d<4, 5, 6, 7, 2, 2, 2, 2, 2, 2>, float>();
  check_geometry<kr::Pool3d<4, 5, 6, 18, 3, 3, 3, 1, 2, 2, 1, 1, 1, 1, 1, 1>, float>();
}

TEST_CASE("pooling keeps NaN and -infinity, and the bits for any number of threads") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  float x[] = {1, nan, 3, 4, -inf, -inf, -inf, -inf}, y[2];
  kr::pooling<kr::MaxPool, kr::Pool2d<2, 2, 1, 2, 2, 2, 2>>(2, static_cast<const float*>(x), y);
  CHECK(std::isnan(y[0]));
  CHECK(y[1] == -inf);
  using G = kr::Pool2d<30, 30, 24, 3, 3, 2, 2, 1, 1, 1, 1>;
  std::vector<float> image(2 * 30 * 30 * 24), a(2 * G::OH * G::OW * 24), b(a.size());
  Numbers numbers;
  numbers.fill(image);
  kr::ThreadPool pool(3);
  kr::pooling<kr::AveragePool, G>(2, static_cast<const float*>(image.data()), a.data());
  kr::pooling<kr::AveragePool, G>(2, static_cast<const float*>(image.data()), b.data(), kr::NoEpilogue{}, &pool);
  CHECK(a == b);
}
