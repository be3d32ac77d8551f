#include "keratin/runtime/winograd.h"
#include "keratin/runtime/winograd_weights.h"

#include <algorithm>
#include <vector>

#include "kernel_test.h"
#include "shuffled_pool.h"

namespace {

constexpr double kWeights2[4][3] = {{1, 0, 0}, {.5, .5, .5}, {.5, -.5, .5}, {0, 0, 1}};
constexpr double kWeights4[6][3] = {{1. / 4, 0, 0},           {-1. / 6, -1. / 6, -1. / 6}, {-1. / 6, 1. / 6, -1. / 6},
                                    {1. / 24, 1. / 12, 1. / 6}, {1. / 24, -1. / 12, 1. / 6}, {0, 0, 1}};

/// The compiler's part: U = L g L^T in panels, position by position.
template <class T> Guarded<T> transform(const Guarded<T>& g, kr::Size C, kr::Size F, int m) {
  const int A = m + 2;
  const double(*L)[3] = m == 2 ? kWeights2 : kWeights4;
  const kr::Size each = kr::packed_size(C, F);
  Guarded<T> u(size_t(A * A * each));
  for (int i = 0; i < A; ++i) {
    for (int j = 0; j < A; ++j) {
      for (kr::Size c = 0; c < C; ++c) {
        for (kr::Size f = 0; f < F; ++f) {
          double sum = 0;
          for (int a = 0; a < 3; ++a) {
            for (int b = 0; b < 3; ++b) sum += L[i][a] * L[j][b] * g[size_t(((a * 3 + b) * C + c) * F + f)];
          }
          u[size_t((i * A + j) * each + kr::packed_index(C, F, c, f))] = T(sum);
        }
      }
    }
  }
  return u;
}

template <class T, class G, int M> void check(kr::Size examples = 2, bool with_bias = true) {
  INFO("F(" << M << ",3) " << G::H << "x" << G::W << " " << G::C << "->" << G::F << " padding " << G::PT << " " << G::PL << " examples "
            << examples);
  Guarded<T> x(size_t((examples * G::H * G::W - 1) * G::XStride + G::C)), g(size_t(9 * G::C * G::F)), bias(size_t{size_t(G::F)});
  const kr::Size pixels = examples * G::OH * G::OW;
  Guarded<T> residual(size_t(pixels * G::F)), y(size_t((pixels - 1) * G::YStride + G::F), T(-7)), other(y.size(), T(-7));
  Numbers numbers(uint64_t(G::C * 31 + G::F));
  for (auto* a : {&x, &g, &bias, &residual}) numbers.fill(*a);
  const Guarded<T> u = transform(g, G::C, G::F, M);
  REQUIRE(kr::Size(u.size()) == kr::winograd_weights<G, M>());
  Guarded<T> scratch(size_t(kr::winograd_scratch<T, G, M>(3)));
  const T* b = with_bias ? bias.data() : nullptr;
  kr::winograd<T, G, M, AddAndRelu<T>>(examples, x.data(), u.data(), b, y.data(), scratch.data(), {residual.data()});
  int wrong = 0;
  for (kr::Size pixel = 0; pixel < pixels; ++pixel) {
    const kr::Size n = pixel / (G::OH * G::OW), oh = pixel / G::OW % G::OH, ow = pixel % G::OW;
    for (kr::Size f = 0; f < G::F; ++f) {
      double want = (with_bias ? bias[size_t(f)] : 0.0) + residual[size_t(pixel * G::F + f)];
      for (kr::Size tap = 0; tap < 9; ++tap) {
        const kr::Size ih = oh - G::PT + tap / 3, iw = ow - G::PL + tap % 3;
        if (ih < 0 || ih >= G::H || iw < 0 || iw >= G::W) continue;
        for (kr::Size c = 0; c < G::C; ++c) {
          want += double(x[size_t(((n * G::H + ih) * G::W + iw) * G::XStride + c)]) * g[size_t((tap * G::C + c) * G::F + f)];
        }
      }
      // Transforms multiply magnitudes by up to 4 (F(2,3)) or 100 (F(4,3)); sums have C terms.
      const double magnitude = (M == 2 ? 16.0 : 400.0) + double(G::C);
      wrong += !close(y[size_t(pixel * G::YStride + f)], std::max(0.0, want), magnitude, 16);
    }
    for (kr::Size f = G::F; f < G::YStride && pixel + 1 < pixels; ++f) wrong += y[size_t(pixel * G::YStride + f)] != T(-7);
  }
  CHECK(wrong == 0);
  CHECK(y.intact());
  ShuffledPool pool(7);   // more threads than scratch
  kr::winograd<T, G, M, AddAndRelu<T>, 3>(examples, x.data(), u.data(), b, other.data(), scratch.data(), {residual.data()}, &pool);
  CHECK(std::memcmp(y.data(), other.data(), y.size() * sizeof(T)) == 0);
  CHECK(scratch.intact());
}

/// The run-time transform against the compiler's: of the kernel as it is, and of its flipped and exchanged form.
template <class T, int M> void check_transform(kr::Size C, kr::Size F) {
  INFO("F(" << M << ",3) " << C << "->" << F);
  Guarded<T> g(size_t(9 * C * F)), turned(g.size());
  Numbers numbers(uint64_t(C * 31 + F));
  numbers.fill(g);
  for (kr::Size t = 0; t < 9; ++t) {
    for (kr::Size c = 0; c < C; ++c) {
      for (kr::Size f = 0; f < F; ++f) turned[size_t(((8 - t) * F + f) * C + c)] = g[size_t((t * C + c) * F + f)];
    }
  }
  const Guarded<T> want = transform(g, C, F, M);
  const auto compare = [&](const kr::WinogradSource& source, const T* from, kr::Pool* pool) {
    Guarded<T> got(want.size(), T(-7));
    kr::winograd_transform<M>(source, from, got.data(), pool);
    int wrong = 0;
    for (size_t i = 0; i < got.size(); ++i) wrong += !close(got[i], want[i], 2, 4);
    CHECK(wrong == 0);
    CHECK(got.intact());
    return got;
  };
  ShuffledPool pool(3);
  const Guarded<T> plain = compare({C, F, 3 * C * F, C * F, F, 1}, g.data(), nullptr), shared = compare({C, F, 3 * C * F, C * F, F, 1}, g.data(), &pool);
  CHECK(std::memcmp(plain.data(), shared.data(), plain.size() * sizeof(T)) == 0);
  compare({C, F, -3 * C * F, -C * F, 1, C}, turned.data() + 8 * C * F, nullptr);
}

template <class T, class G> void check_both(kr::Size examples = 2, bool with_bias = true) {
  check<T, G, 2>(examples, with_bias);
  check<T, G, 4>(examples, with_bias);
}

template <int H, int W, int C, int F, int P = 1> using Same = kr::Conv2d<H, W, C, F, 3, 3, 1, 1, 1, 1, P, P, P, P>;

}  // namespace

TEST_CASE("winograd: images of every size") {
  check_both<float, Same<1, 1, 3, 5>>();
  check_both<float, Same<2, 3, 3, 5>>();
  check_both<float, Same<4, 5, 3, 5>>();
  check_both<float, Same<7, 6, 3, 5>>();
  check_both<float, Same<8, 9, 3, 5>>(3, false);
  check_both<float, Same<14, 11, 20, 36>>(5);
}

TEST_CASE("winograd: channels, paddings, gaps") {
  check_both<float, Same<6, 7, 1, 1>>();
  check_both<float, Same<5, 6, 17, 10>>();
  check_both<float, Same<5, 6, 40, 64>>();
  check_both<float, Same<5, 6, 9, 3, 0>>();
  check_both<float, kr::Conv2d<5, 7, 8, 33, 3, 3, 1, 1, 1, 1, 3, 0, 2, 4>>();
  check_both<float, kr::Conv2d<5, 7, 6, 20, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 11, 23>>();
  check_both<double, Same<6, 5, 11, 13>>();
}

TEST_CASE("winograd: kernels transformed at run time") {
  for (kr::Size f = 1; f <= 70; ++f) {
    check_transform<float, 2>(5, f);
    check_transform<float, 4>(3, f);
  }
  check_transform<float, 2>(70, 64);
  check_transform<double, 2>(6, 21);
  check_transform<double, 4>(6, 21);
}
