#include "keratin/runtime/conv_transpose.h"

#include <algorithm>
#include <vector>

#include "kernel_test.h"
#include "shuffled_pool.h"

namespace {

struct Axis {
  kr::Size in, out, kernel, stride, dilation, pad;
};
template <class T> struct Kernel {
  Axis axes[3];
  kr::Size C, F, x_stride, y_stride;
  void (*run)(kr::Size n, const T* x, const T* packed, const T* bias, T* y, const T* residual, kr::Pool* pool);
};
template <class T, class G> Kernel<T> transposed() {
  return {{{G::D, G::OD, G::KD, G::SD, G::DD, G::PF}, {G::H, G::OH, G::KH, G::SH, G::DH, G::PT}, {G::W, G::OW, G::KW, G::SW, G::DW, G::PL}},
          G::C, G::F, G::XStride, G::YStride,
          [](kr::Size n, const T* x, const T* w, const T* bias, T* y, const T* residual, kr::Pool* pool) {
            kr::conv2d_transpose<T, G, AddAndRelu<T>>(n, x, w, bias, y, {residual}, pool);
          }};
}

/// Scatters every input through every tap: the definition.
template <class T> void scatter(const Kernel<T>& s, kr::Size n, const Guarded<T>& x, const Guarded<T>& w, std::vector<double>& sum) {
  const auto& [d, h, v] = s.axes;
  for (kr::Size i = 0; i < n * d.in * h.in * v.in; ++i) {
    const kr::Size at[3] = {i / (h.in * v.in) % d.in, i / v.in % h.in, i % v.in}, example = i / (d.in * h.in * v.in);
    for (kr::Size tap = 0; tap < d.kernel * h.kernel * v.kernel; ++tap) {
      const kr::Size k[3] = {tap / (h.kernel * v.kernel), tap / v.kernel % h.kernel, tap % v.kernel};
      kr::Size pixel = example;
      bool inside = true;
      for (int axis = 0; axis < 3; ++axis) {
        const Axis& a = s.axes[axis];
        const kr::Size out = at[axis] * a.stride + k[axis] * a.dilation - a.pad;
        inside = inside && out >= 0 && out < a.out;
        pixel = pixel * a.out + out;
      }
      if (!inside) continue;
      for (kr::Size c = 0; c < s.C; ++c) {
        for (kr::Size f = 0; f < s.F; ++f) {
          sum[size_t(pixel * s.F + f)] += double(x[size_t(i * s.x_stride + c)]) * w[size_t((tap * s.C + c) * s.F + f)];
        }
      }
    }
  }
}

template <class T> void check(const Kernel<T>& s, kr::Size examples = 2, bool with_bias = true) {
  const auto& [d, h, v] = s.axes;
  INFO(d.in << "x" << h.in << "x" << v.in << " " << s.C << "->" << s.F << " kernel " << h.kernel << "x" << v.kernel << " stride "
            << h.stride << "x" << v.stride << " out " << h.out << "x" << v.out << " pad " << h.pad << " " << v.pad);
  const kr::Size pixels = examples * d.out * h.out * v.out, K = d.kernel * h.kernel * v.kernel * s.C;
  Guarded<T> x(size_t((examples * d.in * h.in * v.in - 1) * s.x_stride + s.C)), w(size_t(K * s.F)), bias(size_t{size_t(s.F)});
  Guarded<T> residual(size_t(pixels * s.F)), y(size_t((pixels - 1) * s.y_stride + s.F), T(-7)), other(y.size(), T(-7));
  Numbers numbers(uint64_t(K * 31 + s.F));
  for (auto* a : {&x, &w, &bias, &residual}) numbers.fill(*a);
  const Guarded<T> panels = packed(w.data(), K, s.F);
  const T* b = with_bias ? bias.data() : nullptr;
  s.run(examples, x.data(), panels.data(), b, y.data(), residual.data(), nullptr);
  std::vector<double> sum(size_t(pixels * s.F));
  scatter(s, examples, x, w, sum);
  int wrong = 0;
  for (kr::Size pixel = 0; pixel < pixels; ++pixel) {
    for (kr::Size f = 0; f < s.F; ++f) {
      const double want = sum[size_t(pixel * s.F + f)] + (with_bias ? bias[size_t(f)] : 0.0) + residual[size_t(pixel * s.F + f)];
      wrong += !close(y[size_t(pixel * s.y_stride + f)], std::max(0.0, want), double(K) / 4 + 2, 16);
    }
    for (kr::Size f = s.F; f < s.y_stride && pixel + 1 < pixels; ++f) wrong += y[size_t(pixel * s.y_stride + f)] != T(-7);
  }
  CHECK(wrong == 0);
  CHECK(y.intact());
  ShuffledPool pool(3);
  s.run(examples, x.data(), panels.data(), b, other.data(), residual.data(), &pool);
  CHECK(std::memcmp(y.data(), other.data(), y.size() * sizeof(T)) == 0);
}

template <int W> using Up = kr::ConvTranspose2d<3, W, 5, 16, 3, 3, 6, 2 * W, 2, 2, 1, 1, 0, 0>;
template <int... I> void check_every_width(kr::Indices<I...>) {
  for (const auto& kernel : {transposed<float, Up<I + 1>>()...}) check(kernel, 1);
}
template <int F> using Outputs = kr::ConvTranspose2d<3, 4, 6, F, 2, 3, 6, 9, 2, 2>;
template <int... F> void check_outputs() {
  for (const auto& kernel : {transposed<float, Outputs<F>>()...}) check(kernel, 2, kernel.F % 2 == 0);
}

}  // namespace

TEST_CASE("conv2d_transpose: every width of a row") { check_every_width(kr::upto<18>()); }

TEST_CASE("conv2d_transpose in groups is each group alone") {
  using One = kr::ConvTranspose2d<4, 5, 6, 7, 3, 3, 8, 9, 2, 2, 1, 1, 1, 1>;
  using Part = kr::ConvTranspose2d<4, 5, 6, 7, 3, 3, 8, 9, 2, 2, 1, 1, 1, 1, 18, 22>;   // of 3 * 6 and 3 * 7 channels
  constexpr kr::Size n = 2, in = n * 4 * 5, out = n * 8 * 9, K = One::K, size = kr::packed_size(K, 7);
  Guarded<float> x(in * 18), w(3 * K * 7), bias(21), residual(out * 21), panels(3 * size), y((out - 1) * 22 + 21, -7.f), other(y.size(), -7.f);
  Numbers numbers;
  for (auto* a : {&x, &w, &bias, &residual}) numbers.fill(*a);
  for (kr::Size g = 0; g < 3; ++g) {
    const Guarded<float> group = packed(w.data() + g * K * 7, K, 7);
    std::copy(group.data(), group.data() + size, panels.data() + g * size);
  }
  kr::conv2d_transpose_grouped<float, Part, 3, AddAndRelu<float>>(n, x.data(), panels.data(), bias.data(), y.data(), {residual.data()});
  int wrong = 0;
  for (kr::Size g = 0; g < 3; ++g) {
    std::vector<float> x1(in * 6), r1(out * 7), y1(out * 7);
    for (kr::Size i = 0; i < in * 6; ++i) x1[size_t(i)] = x[size_t(i / 6 * 18 + g * 6 + i % 6)];
    for (kr::Size i = 0; i < out * 7; ++i) r1[size_t(i)] = residual[size_t(i / 7 * 21 + g * 7 + i % 7)];
    kr::conv2d_transpose<float, One, AddAndRelu<float>>(n, x1.data(), panels.data() + g * size, bias.data() + g * 7, y1.data(), {r1.data()});
    for (kr::Size i = 0; i < out * 7; ++i) wrong += !(y1[size_t(i)] == y[size_t(i / 7 * 22 + g * 7 + i % 7)]);
  }
  CHECK(wrong == 0);
  CHECK(y.intact());
  ShuffledPool pool(3);
  kr::conv2d_transpose_grouped<float, Part, 3, AddAndRelu<float>>(n, x.data(), panels.data(), bias.data(), other.data(), {residual.data()}, &pool);
  CHECK(std::memcmp(y.data(), other.data(), y.size() * sizeof(float)) == 0);
}

TEST_CASE("conv2d_transpose: every kind of panel") { check_outputs<1, 2, 3, 4, 8, 10, 18, 20, 24, 29, 32, 50, 64>(); }

TEST_CASE("conv2d_transpose: kernels, strides, dilations, paddings, output sizes") {
  check(transposed<float, kr::ConvTranspose2d<7, 9, 8, 16, 3, 3, 7, 9, 1, 1, 1, 1, 1, 1>>());          // same, stride 1
  check(transposed<float, kr::ConvTranspose2d<4, 4, 12, 16, 5, 5, 8, 8, 2, 2, 1, 1, 1, 1>>());         // same, DCGAN
  check(transposed<float, kr::ConvTranspose2d<4, 5, 12, 16, 4, 4, 8, 10, 2, 2, 1, 1, 1, 1>>());
  check(transposed<float, kr::ConvTranspose2d<4, 9, 7, 9, 3, 3, 10, 29, 3, 3, 1, 1, 0, 0>>());
  check(transposed<float, kr::ConvTranspose2d<3, 4, 7, 9, 2, 2, 12, 16, 4, 4>>());                      // phases without taps
  check(transposed<float, kr::ConvTranspose2d<3, 4, 7, 9, 2, 2, 15, 19, 4, 4>>());                      // output padding
  check(transposed<float, kr::ConvTranspose2d<6, 11, 5, 6, 3, 3, 10, 17, 1, 1, 2, 3>>());               // dilated
  check(transposed<float, kr::ConvTranspose2d<3, 2, 5, 6, 7, 7, 3, 2, 1, 1, 1, 1, 3, 3>>());            // kernel wider than the image
  check(transposed<float, kr::ConvTranspose2d<5, 6, 5, 6, 3, 3, 11, 13, 2, 2, 1, 1, 0, 0, 9, 8>>());    // pixels with gaps
  check(transposed<float, kr::ConvTranspose2d<1, 33, 10, 12, 1, 4, 1, 66, 1, 2, 1, 1, 0, 1>>());        // one dimension
  check(transposed<float, kr::ConvTranspose3d<3, 4, 5, 4, 18, 3, 2, 3, 6, 8, 11, 2, 2, 2>>());
  check(transposed<double, kr::ConvTranspose2d<4, 7, 6, 21, 3, 3, 8, 14, 2, 2>>());
  check(transposed<double, kr::ConvTranspose2d<4, 7, 6, 2, 3, 3, 9, 15, 2, 2>>());
}
