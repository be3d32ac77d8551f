#include "keratin/runtime/pooling_grad.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "guarded.h"
#include "shuffled_pool.h"

using kr::Size;

namespace {

/// The definition, window after window; the same order of additions, so the same bits.
template <class G, class T> std::vector<T> slow(bool largest, Size n, const T* x, const T* dy) {
  std::vector<T> dx(size_t(n * G::D * G::H * G::W * G::C));
  for (Size out = 0; out < n * G::OD * G::OH * G::OW; ++out) {
    const int ow = static_cast<int>(out % G::OW), oh = static_cast<int>(out / G::OW % G::OH), od = static_cast<int>(out / G::OW / G::OH % G::OD);
    for (int c = 0; c < G::C; ++c) {
      std::vector<Size> cells;
      for (int k = 0; k < G::KD * G::KH * G::KW; ++k) {
        const int d = od * G::SD - G::PF + k / (G::KH * G::KW) * G::DD, h = oh * G::SH - G::PT + k / G::KW % G::KH * G::DH, w = ow * G::SW - G::PL + k % G::KW * G::DW;
        if (d >= 0 && d < G::D && h >= 0 && h < G::H && w >= 0 && w < G::W) cells.push_back(((out / G::OW / G::OH / G::OD * G::D + d) * G::H + h) * G::W + w);
      }
      const T gradient = dy[out * G::YStride + c];
      Size best = -1;
      for (Size cell : cells) {
        if (!largest) dx[size_t(cell * G::C + c)] += gradient;
        const auto value = [&](Size at) { return x[at * G::XStride + c]; };
        if (best < 0 || value(cell) > value(best) || (std::isnan(value(cell)) && !std::isnan(value(best)))) best = cell;
      }
      if (largest && best >= 0) dx[size_t(best * G::C + c)] += gradient;
    }
  }
  return dx;
}

template <class G, class T> void check(Size n = 2) {
  INFO(G::D << "x" << G::H << "x" << G::W << "x" << G::C << " window " << G::KD << "x" << G::KH << "x" << G::KW);
  Guarded<T> x(size_t((n * G::D * G::H * G::W - 1) * G::XStride + G::C)), dy(size_t((n * G::OD * G::OH * G::OW - 1) * G::YStride + G::C));
  Guarded<T> dx(size_t(n * G::D * G::H * G::W * G::C)), other(dx.size());
  Numbers numbers(uint64_t(G::W * 31 + G::C));
  numbers.fill(dy);
  for (auto& v : x) v = static_cast<T>(numbers.below(4));   // ties
  for (size_t i = 0; i < x.size(); i += 5) x[i] = i % 2 != 0 ? std::numeric_limits<T>::quiet_NaN() : -std::numeric_limits<T>::infinity();
  ShuffledPool pool(3);
  const auto run = [&](auto kind, bool largest) {
    using Kind = decltype(kind);
    kr::pooling_grad<Kind, G>(n, largest ? static_cast<const T*>(x.data()) : nullptr, static_cast<const T*>(dy.data()), dx.data());
    const std::vector<T> want = slow<G, T>(largest, n, x.data(), dy.data());
    CHECK(dx.intact());
    int wrong = 0;
    for (size_t i = 0; i < want.size(); ++i) wrong += !(dx[i] == want[i]);
    CHECK(wrong == 0);
    kr::pooling_grad<Kind, G>(n, largest ? static_cast<const T*>(x.data()) : nullptr, static_cast<const T*>(dy.data()), other.data(), &pool);
    CHECK(std::memcmp(dx.data(), other.data(), dx.size() * sizeof(T)) == 0);
  };
  run(kr::MaxPoolGrad{}, true);
  run(kr::SumPoolGrad{}, false);
}

template <int... C> void check_channels(kr::Indices<C...>) { (check<kr::Pool2d<5, 6, C + 1, 2, 2, 2, 2>, float>(), ...); }

}  // namespace

TEST_CASE("pooling_grad of every number of channels") {
  check_channels(kr::upto<20>());
  check<kr::Pool2d<5, 6, 33, 3, 3, 2, 2, 1, 1, 1, 1>, float>();
  check<kr::Pool2d<5, 6, 70, 3, 3, 2, 2, 1, 1, 1, 1>, double>();
}

TEST_CASE("pooling_grad: windows, strides, paddings, strided pixels and dimensions") {
  check<kr::Pool2d<7, 7, 5, 3, 3, 1, 1, 1, 1, 1, 1>, float>();
  check<kr::Pool2d<7, 9, 5, 3, 2, 2, 3, 0, 1, 1, 0>, float>();
  check<kr::Pool2d<4, 4, 3, 7, 7, 4, 4, 3, 3, 3, 3>, float>();
  check<kr::Pool2d<1, 20, 6, 1, 3, 1, 2, 0, 0, 0, 1>, float>();
  check<kr::Pool2d<6, 6, 6, 2, 2, 2, 2, 0, 0, 0, 0, 11, 9>, float>();
  check<kr::Pool2d<14, 14, 32, 2, 2, 2, 2>, float>(5);
  check<kr::Pool2d<3, 3, 20, 3, 3, 3, 3>, double>();
  check<kr::Pool3d<4, 5, 6, 7, 2, 2, 2, 2, 2, 2>, float>();
  check<kr::Pool3d<4, 5, 6, 18, 3, 3, 3, 1, 2, 2, 1, 1, 1, 1, 1, 1>, float>();
}
