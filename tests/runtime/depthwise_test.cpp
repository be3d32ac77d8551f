#include "keratin/runtime/depthwise.h"

#include <algorithm>

#include "kernel_test.h"
#include "shuffled_pool.h"

namespace {

template <class T> struct Kernel {
  kr::Size H, W, C, mult, KH, KW, SH, SW, DH, DW, PT, PL, OH, OW, x_stride, y_stride;
  void (*run)(kr::Size n, const T* x, const T* weights, const T* bias, T* y, const T* residual, kr::Pool* pool);
};
template <class T, class G, int Mult = 1> Kernel<T> depthwise() {
  return {G::H, G::W, G::C, Mult, G::KH, G::KW, G::SH, G::SW, G::DH, G::DW, G::PT, G::PL, G::OH, G::OW, G::XStride, G::YStride,
          [](kr::Size n, const T* x, const T* w, const T* bias, T* y, const T* residual, kr::Pool* pool) {
            kr::depthwise_conv2d<T, G, Mult, AddAndRelu<T>>(n, x, w, bias, y, {residual}, pool);
          }};
}

template <class T> void check(const Kernel<T>& s, kr::Size examples = 2, bool with_bias = true) {
  INFO(s.H << "x" << s.W << "x" << s.C << " mult " << s.mult << " kernel " << s.KH << "x" << s.KW << " stride " << s.SH << "x" << s.SW
           << " dilation " << s.DH << "x" << s.DW << " padding " << s.PT << " " << s.PL);
  const kr::Size F = s.C * s.mult, pixels = examples * s.OH * s.OW;
  Guarded<T> x(size_t((examples * s.H * s.W - 1) * s.x_stride + s.C)), weights(size_t(s.KH * s.KW * F)), bias(size_t{size_t(F)});
  Guarded<T> residual(size_t(pixels * F)), y(size_t((pixels - 1) * s.y_stride + F), T(-7)), other(y.size(), T(-7));
  Numbers numbers(uint64_t(s.C * 31 + s.KW));
  for (auto* a : {&x, &weights, &bias, &residual}) numbers.fill(*a);
  const T* b = with_bias ? bias.data() : nullptr;
  s.run(examples, x.data(), weights.data(), b, y.data(), residual.data(), nullptr);
  int wrong = 0;
  for (kr::Size pixel = 0; pixel < pixels; ++pixel) {
    const kr::Size n = pixel / (s.OH * s.OW), oh = pixel / s.OW % s.OH, ow = pixel % s.OW;
    for (kr::Size f = 0; f < F; ++f) {
      double want = (with_bias ? bias[size_t(f)] : 0.0) + residual[size_t(pixel * F + f)], magnitude = 2;
      for (kr::Size kh = 0; kh < s.KH; ++kh) {
        for (kr::Size kw = 0; kw < s.KW; ++kw) {
          const kr::Size ih = oh * s.SH - s.PT + kh * s.DH, iw = ow * s.SW - s.PL + kw * s.DW;
          if (ih < 0 || ih >= s.H || iw < 0 || iw >= s.W) continue;
          const double product = double(x[size_t(((n * s.H + ih) * s.W + iw) * s.x_stride + f / s.mult)]) *
                                 weights[size_t((kh * s.KW + kw) * F + f)];
          want += product;
          magnitude += std::abs(product);
        }
      }
      wrong += !close(y[size_t(pixel * s.y_stride + f)], std::max(0.0, want), magnitude, double(s.KH * s.KW));
    }
    for (kr::Size f = F; f < s.y_stride && pixel + 1 < pixels; ++f) wrong += y[size_t(pixel * s.y_stride + f)] != T(-7);
  }
  CHECK(wrong == 0);
  CHECK(y.intact());
  ShuffledPool pool(3);
  s.run(examples, x.data(), weights.data(), b, other.data(), residual.data(), &pool);
  CHECK(std::memcmp(y.data(), other.data(), y.size() * sizeof(T)) == 0);
}

template <int W> using Same3 = kr::Conv2d<(W * 5) % 11 + 1, W, 5, 5, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>;
template <int... I> void check_every_width(kr::Indices<I...>) {
  for (const auto& kernel : {depthwise<float, Same3<I + 1>>()...}) check(kernel, 1);
}
template <int C, int Mult = 1> using Channels = kr::Conv2d<3, 6, C, C * Mult, 2, 3, 1, 1, 1, 1, 1, 0, 1, 1>;
template <int... I> void check_every_channel(kr::Indices<I...>) {
  for (const auto& kernel : {depthwise<float, Channels<I + 1>>()...}) check(kernel, 2, kernel.C % 2 == 0);
}

}  // namespace

TEST_CASE("depthwise: every width of a row") { check_every_width(kr::upto<20>()); }
TEST_CASE("depthwise: every number of channels") { check_every_channel(kr::upto<36>()); }

TEST_CASE("depthwise: kernels, strides, dilations, paddings") {
  check(depthwise<float, kr::Conv2d<14, 14, 16, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>());
  check(depthwise<float, kr::Conv2d<15, 13, 24, 24, 3, 3, 2, 2, 1, 1, 0, 1, 0, 1>>());
  check(depthwise<float, kr::Conv2d<12, 11, 20, 20, 5, 5, 1, 1, 1, 1, 2, 2, 2, 2>>());
  check(depthwise<float, kr::Conv2d<12, 11, 20, 20, 5, 5, 2, 2, 1, 1, 1, 2, 1, 2>>());
  check(depthwise<float, kr::Conv2d<9, 21, 17, 17, 7, 7, 1, 1, 1, 1, 3, 3, 3, 3>>());
  check(depthwise<float, kr::Conv2d<9, 12, 6, 6, 3, 3, 1, 1, 2, 3, 2, 2, 3, 3>>());
  check(depthwise<float, kr::Conv2d<9, 20, 6, 6, 3, 3, 1, 1, 8, 12, 8, 8, 12, 12>>());
  check(depthwise<float, kr::Conv2d<1, 50, 12, 12, 1, 31, 1, 2, 1, 1, 0, 0, 30, 0>>());
  check(depthwise<float, kr::Conv2d<6, 7, 10, 10, 1, 1>>());
  check(depthwise<float, kr::Conv2d<3, 4, 5, 5, 3, 3, 2, 1, 1, 1, 4, 5, 6, 3>>());
  check(depthwise<float, kr::Conv2d<3, 4, 5, 5, 8, 8, 2, 1, 1, 1, 9, 9, 9, 9>>());
  check(depthwise<double, kr::Conv2d<7, 9, 11, 11, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>());
  check(depthwise<double, kr::Conv2d<7, 9, 3, 9, 7, 7, 1, 1, 1, 1, 3, 3, 3, 3>, 3>());
}

TEST_CASE("depthwise: multipliers, pixels with gaps") {
  check(depthwise<float, Channels<1, 32>, 32>());
  check(depthwise<float, Channels<3, 16>, 16>());
  check(depthwise<float, Channels<10, 2>, 2>());
  check(depthwise<float, Channels<9, 4>, 4>());
  check(depthwise<float, Channels<7, 3>, 3>());
  check(depthwise<float, Channels<3, 6>, 6>());
  check(depthwise<float, kr::Conv2d<3, 6, 9, 18, 7, 5, 1, 1, 1, 1, 3, 3, 2, 2, 11, 21>, 2>());
  check(depthwise<float, kr::Conv2d<5, 9, 20, 20, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 36, 37>>());
}
