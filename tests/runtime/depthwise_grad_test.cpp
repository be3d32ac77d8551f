#include "keratin/runtime/depthwise_grad.h"

#include <algorithm>

#include "kernel_test.h"
#include "shuffled_pool.h"

namespace {

template <class T> struct Kernel {
  kr::Size H, W, C, mult, KH, KW, SH, SW, DH, DW, PT, PL, OH, OW, x_stride, y_stride;
  void (*kernel)(kr::Size n, const T* x, const T* dy, T* dw, kr::Pool* pool);
  void (*input)(kr::Size n, const T* dy, const T* weights, const T* bias, T* dx, const T* residual, kr::Pool* pool);
};
template <class T, class G, int Mult = 1> Kernel<T> depthwise() {
  return {G::H, G::W, G::C, Mult, G::KH, G::KW, G::SH, G::SW, G::DH, G::DW, G::PT, G::PL, G::OH, G::OW, G::XStride, G::YStride,
          [](kr::Size n, const T* x, const T* dy, T* dw, kr::Pool* pool) { kr::depthwise_kernel_grad<T, G, Mult>(n, x, dy, dw, pool); },
          [](kr::Size n, const T* dy, const T* w, const T* bias, T* dx, const T* residual, kr::Pool* pool) {
            kr::depthwise_input_grad<T, G, Mult, AddAndRelu<T>>(n, dy, w, bias, dx, {residual}, pool);
          }};
}

/// Calls f(input pixel, output pixel, tap) for every tap inside.
template <class T, class F> void for_taps(const Kernel<T>& s, kr::Size examples, F f) {
  for (kr::Size out = 0; out < examples * s.OH * s.OW; ++out) {
    const kr::Size n = out / (s.OH * s.OW), oh = out / s.OW % s.OH, ow = out % s.OW;
    for (kr::Size tap = 0; tap < s.KH * s.KW; ++tap) {
      const kr::Size ih = oh * s.SH - s.PT + tap / s.KW * s.DH, iw = ow * s.SW - s.PL + tap % s.KW * s.DW;
      if (ih >= 0 && ih < s.H && iw >= 0 && iw < s.W) f((n * s.H + ih) * s.W + iw, out, tap);
    }
  }
}

template <class T> void check(const Kernel<T>& s, kr::Size examples = 2, bool with_bias = true) {
  INFO(s.H << "x" << s.W << "x" << s.C << " mult " << s.mult << " kernel " << s.KH << "x" << s.KW << " stride " << s.SH << "x" << s.SW
           << " dilation " << s.DH << "x" << s.DW << " padding " << s.PT << " " << s.PL);
  const kr::Size F = s.C * s.mult, inputs = examples * s.H * s.W, outputs = examples * s.OH * s.OW;
  Guarded<T> x(size_t((inputs - 1) * s.x_stride + s.C)), dy(size_t((outputs - 1) * s.y_stride + F)), weights(size_t(s.KH * s.KW * F)), bias(size_t{size_t(s.C)});
  Guarded<T> residual(size_t(inputs * s.C)), dw(weights.size(), T(-7)), dx(x.size(), T(-7)), dw2(weights.size(), T(-7)), dx2(x.size(), T(-7));
  Numbers numbers(uint64_t(s.C * 31 + s.KW));
  for (auto* a : {&x, &dy, &weights, &bias, &residual}) numbers.fill(*a);
  const T* b = with_bias ? bias.data() : nullptr;
  s.kernel(examples, x.data(), dy.data(), dw.data(), nullptr);
  s.input(examples, dy.data(), weights.data(), b, dx.data(), residual.data(), nullptr);
  std::vector<double> want_w(weights.size()), want_x(size_t(inputs * s.C));
  for_taps(s, examples, [&](kr::Size in, kr::Size out, kr::Size tap) {
    for (kr::Size f = 0; f < F; ++f) {
      const double g = dy[size_t(out * s.y_stride + f)];
      want_w[size_t(tap * F + f)] += g * x[size_t(in * s.x_stride + f / s.mult)];
      want_x[size_t(in * s.C + f / s.mult)] += g * weights[size_t(tap * F + f)];
    }
  });
  int wrong_w = 0, wrong_x = 0;
  for (size_t i = 0; i < want_w.size(); ++i) wrong_w += !close(dw[i], want_w[i], std::sqrt(double(outputs)) + 1, 8);
  for (kr::Size pixel = 0; pixel < inputs; ++pixel) {
    for (kr::Size c = 0; c < s.C; ++c) {
      const size_t at = size_t(pixel * s.C + c);
      const double want = want_x[at] + (with_bias ? bias[size_t(c)] : 0.0) + residual[at];
      wrong_x += !close(dx[size_t(pixel * s.x_stride + c)], std::max(0.0, want), double(s.KH * s.KW * s.mult) / 2 + 2, 8);
    }
    for (kr::Size c = s.C; c < s.x_stride && pixel + 1 < inputs; ++c) wrong_x += dx[size_t(pixel * s.x_stride + c)] != T(-7);
  }
  CHECK(wrong_w == 0);
  CHECK(wrong_x == 0);
  CHECK((dw.intact() && dx.intact()));
  ShuffledPool pool(3);
  s.kernel(examples, x.data(), dy.data(), dw2.data(), &pool);
  s.input(examples, dy.data(), weights.data(), b, dx2.data(), residual.data(), &pool);
  CHECK(std::memcmp(dw.data(), dw2.data(), dw.size() * sizeof(T)) == 0);
  CHECK(std::memcmp(dx.data(), dx2.data(), dx.size() * sizeof(T)) == 0);
}

template <int W> using Same3 = kr::Conv2d<(W * 5) % 11 + 1, W, 5, 5, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>;
template <int... I> void check_every_width(kr::Indices<I...>) {
  for (const auto& kernel : {depthwise<float, Same3<I + 1>>()...}) check(kernel);
}
template <int C, int Mult = 1> using Channels = kr::Conv2d<3, 6, C, C * Mult, 2, 3, 1, 1, 1, 1, 1, 0, 1, 1>;
template <int... I> void check_every_channel(kr::Indices<I...>) {
  for (const auto& kernel : {depthwise<float, Channels<I + 1>>()...}) check(kernel, 2, kernel.C % 2 == 0);
}

}  // namespace

TEST_CASE("depthwise gradients: every width of a row, every number of channels") {
  check_every_width(kr::upto<14>());
  check_every_channel(kr::upto<36>());
}

TEST_CASE("depthwise gradients: kernels, strides, dilations, paddings") {
  check(depthwise<float, kr::Conv2d<14, 14, 16, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>());
  check(depthwise<float, kr::Conv2d<15, 13, 24, 24, 3, 3, 2, 2, 1, 1, 0, 1, 0, 1>>());
  check(depthwise<float, kr::Conv2d<12, 11, 20, 20, 5, 5, 2, 2, 1, 1, 1, 2, 1, 2>>());
  check(depthwise<float, kr::Conv2d<9, 21, 17, 17, 7, 7, 1, 1, 1, 1, 3, 3, 3, 3>>());
  check(depthwise<float, kr::Conv2d<9, 12, 6, 6, 3, 3, 1, 1, 2, 3, 2, 2, 3, 3>>());
  check(depthwise<float, kr::Conv2d<1, 50, 12, 12, 1, 31, 1, 2, 1, 1, 0, 0, 30, 0>>());
  check(depthwise<float, kr::Conv2d<6, 7, 10, 10, 1, 1>>());
  check(depthwise<float, kr::Conv2d<3, 4, 5, 5, 8, 8, 2, 1, 1, 1, 9, 9, 9, 9>>());
  check(depthwise<double, kr::Conv2d<7, 9, 11, 11, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>());
}

TEST_CASE("depthwise gradients: multipliers, pixels with gaps") {
  check(depthwise<float, Channels<1, 32>, 32>());
  check(depthwise<float, Channels<10, 2>, 2>());
  check(depthwise<float, Channels<7, 3>, 3>());
  check(depthwise<float, kr::Conv2d<3, 6, 9, 18, 7, 5, 1, 1, 1, 1, 3, 3, 2, 2, 11, 21>, 2>());
  check(depthwise<float, kr::Conv2d<5, 9, 20, 20, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 36, 37>>());
  check(depthwise<double, kr::Conv2d<7, 9, 3, 9, 3, 3, 2, 1, 1, 1, 1, 1, 1, 1>, 3>());
}
