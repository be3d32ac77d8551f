#include "keratin/runtime/conv_kernel_grad.h"

#include "kernel_test.h"
#include "shuffled_pool.h"

namespace {

struct Axis {
  kr::Size in, out, kernel, stride, dilation, pad;
};
template <class T> struct Kernel {
  Axis axes[3];
  kr::Size C, F, groups, x_stride, y_stride;
  void (*run)(kr::Size n, const T* x, const T* dy, T* dw, kr::Pool* pool);
};
template <class T, class G, int Groups = 1> Kernel<T> kernel_grad() {
  return {{{G::D, G::OD, G::KD, G::SD, G::DD, G::PF}, {G::H, G::OH, G::KH, G::SH, G::DH, G::PT}, {G::W, G::OW, G::KW, G::SW, G::DW, G::PL}},
          G::C, G::F, Groups, G::XStride, G::YStride, [](kr::Size n, const T* x, const T* dy, T* dw, kr::Pool* pool) {
            if constexpr (Groups == 1) kr::conv_kernel_grad<T, G>(n, x, dy, dw, pool);
            else kr::conv_kernel_grad_grouped<T, G, Groups>(n, x, dy, dw, pool);
          }};
}

/// The definition: every output through every tap.
template <class T> void sum(const Kernel<T>& s, kr::Size n, const Guarded<T>& x, const Guarded<T>& dy, std::vector<double>& dw) {
  const auto& [d, h, v] = s.axes;
  for (kr::Size out = 0; out < n * d.out * h.out * v.out; ++out) {
    const kr::Size at[3] = {out / (h.out * v.out) % d.out, out / v.out % h.out, out % v.out}, example = out / (d.out * h.out * v.out);
    for (kr::Size tap = 0; tap < d.kernel * h.kernel * v.kernel; ++tap) {
      const kr::Size k[3] = {tap / (h.kernel * v.kernel), tap / v.kernel % h.kernel, tap % v.kernel};
      kr::Size pixel = example;
      bool inside = true;
      for (int axis = 0; axis < 3; ++axis) {
        const Axis& a = s.axes[axis];
        const kr::Size in = at[axis] * a.stride + k[axis] * a.dilation - a.pad;
        inside = inside && in >= 0 && in < a.in;
        pixel = pixel * a.in + in;
      }
      if (!inside) continue;
      for (kr::Size c = 0; c < s.C; ++c) {
        for (kr::Size f = 0; f < s.groups * s.F; ++f) {
          dw[size_t((tap * s.C + c) * s.groups * s.F + f)] += double(x[size_t(pixel * s.x_stride + f / s.F * s.C + c)]) * dy[size_t(out * s.y_stride + f)];
        }
      }
    }
  }
}

template <class T> void check(const Kernel<T>& s, kr::Size examples = 2) {
  const auto& [d, h, v] = s.axes;
  INFO(d.in << "x" << h.in << "x" << v.in << " " << s.C << "->" << s.F << " groups " << s.groups << " kernel " << d.kernel << "x" << h.kernel << "x" << v.kernel
            << " stride " << h.stride << "x" << v.stride << " dilation " << h.dilation << "x" << v.dilation << " pad " << h.pad << " " << v.pad);
  const kr::Size outputs = examples * d.out * h.out * v.out, F = s.groups * s.F, K = d.kernel * h.kernel * v.kernel * s.C;
  const auto elements = [](kr::Size pixels, kr::Size stride, kr::Size width) { return size_t(pixels == 0 ? 0 : (pixels - 1) * stride + width); };
  Guarded<T> x(elements(examples * d.in * h.in * v.in, s.x_stride, s.groups * s.C)), dy(elements(outputs, s.y_stride, F)), dw(size_t(K * F), T(-7)), other(dw.size(), T(-7));
  Numbers numbers(uint64_t(K * 31 + s.F));
  for (auto* a : {&x, &dy}) numbers.fill(*a);
  s.run(examples, x.data(), dy.data(), dw.data(), nullptr);
  std::vector<double> want(dw.size());
  sum(s, examples, x, dy, want);
  int wrong = 0;
  for (size_t i = 0; i < dw.size(); ++i) wrong += !close(dw[i], want[i], std::sqrt(double(outputs)) + 1, 8);
  CHECK(wrong == 0);
  CHECK(dw.intact());
  ShuffledPool pool(3);
  s.run(examples, x.data(), dy.data(), other.data(), &pool);
  CHECK(std::memcmp(dw.data(), other.data(), dw.size() * sizeof(T)) == 0);
}

template <int W> using Same3 = kr::Conv2d<(W * 5) % 11 + 1, W, 5, 9, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>;
template <int... I> void check_every_width(kr::Indices<I...>) {
  for (const auto& kernel : {kernel_grad<float, Same3<I + 1>>()...}) check(kernel);
}
template <int W> using Thin = kr::Conv2d<4, W, 3, 7, 3, 5, 1, 2, 1, 1, 1, 1, 2, 2>;
template <int... I> void check_every_thin_width(kr::Indices<I...>) {
  for (const auto& kernel : {kernel_grad<float, Thin<I + 1>>()...}) check(kernel);
}
template <int F> using Filters = kr::Conv2d<3, 6, 6, F, 2, 3, 1, 1, 1, 1, 1, 0, 1, 1>;
template <int... F> void check_filters() {
  for (const auto& kernel : {kernel_grad<float, Filters<F>>()...}) check(kernel);
}
template <int C> using Channels = kr::Conv2d<3, 6, C, 5, 2, 3, 1, 1, 1, 1, 1, 0, 1, 1>;
template <int... I> void check_every_channel(kr::Indices<I...>) {
  for (const auto& kernel : {kernel_grad<float, Channels<I + 1>>()...}) check(kernel);
}

}  // namespace

TEST_CASE("conv_kernel_grad: every width of a row") {
  check_every_width(kr::upto<18>());
  check_every_thin_width(kr::upto<12>());
}

TEST_CASE("conv_kernel_grad: filters and channels of every kind") {
  check_filters<1, 2, 3, 4, 5, 8, 10, 16, 18, 32, 33, 47, 64, 70>();
  check_every_channel(kr::upto<20>());
}

TEST_CASE("conv_kernel_grad: kernels, strides, dilations, paddings") {
  check(kernel_grad<float, kr::Conv2d<14, 14, 16, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>(), 5);
  check(kernel_grad<float, kr::Conv2d<15, 13, 24, 20, 3, 3, 2, 2, 1, 1, 0, 1, 0, 1>>());
  check(kernel_grad<float, kr::Conv2d<9, 12, 6, 10, 3, 3, 1, 1, 2, 3, 2, 2, 3, 3>>());
  check(kernel_grad<float, kr::Conv2d<17, 19, 3, 12, 7, 7, 2, 2, 1, 1, 3, 2, 2, 3>>());
  check(kernel_grad<float, kr::Conv2d<3, 4, 2, 5, 8, 8, 2, 1, 1, 1, 9, 9, 9, 9>>());
  check(kernel_grad<float, kr::Conv2d<3, 2, 1, 4, 3, 9, 1, 1, 1, 1, 1, 1, 8, 8>>());           // rows shorter than a kernel row
  check(kernel_grad<float, kr::Conv2d<6, 7, 10, 9, 1, 1>>(), 9);                                // pixels in one row
  check(kernel_grad<float, kr::Conv2d<6, 7, 10, 9, 1, 1, 2, 2>>());
  check(kernel_grad<float, kr::Conv2d<4, 3, 5, 18, 4, 3>>(), 150);                              // the whole input
  check(kernel_grad<float, kr::Conv2d<4, 3, 5, 18, 4, 3, 1, 1, 1, 1, 0, 0, 0, 0, 7, 20>>());
  check(kernel_grad<float, kr::Conv2d<4, 9, 21, 1, 3, 3, 2, 1, 1, 1, 1, 1, 1, 1>>(), 3);        // channels as vectors
  check(kernel_grad<float, kr::Conv2d<4, 9, 35, 3, 3, 3, 1, 2, 1, 1, 1, 1, 1, 1, 38, 5>>(), 3);
  check(kernel_grad<float, kr::Conv2d<5, 6, 21, 2, 5, 6>>(), 3);
  check(kernel_grad<float, kr::Conv2d<1, 700, 3, 9, 1, 4, 1, 1, 1, 1, 0, 0, 3, 0>>());          // one dimension, rows of several bands
  check(kernel_grad<float, kr::Conv2d<1, 400, 11, 9, 1, 4, 1, 1, 1, 2, 0, 0, 3, 0>>());
  check(kernel_grad<float, kr::Conv2d<5, 9, 20, 21, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 36, 37>>());  // pixels with gaps
  check(kernel_grad<float, kr::Conv3d<4, 5, 6, 7, 18, 3, 2, 3, 2, 1, 1, 1, 1, 2, 1, 0, 0, 1, 1, 1>>());
  check(kernel_grad<float, kr::Conv3d<4, 5, 6, 2, 6, 3, 2, 3, 1, 2, 1, 1, 2, 1, 1, 0, 0, 1, 1, 1>>());
  check(kernel_grad<double, kr::Conv2d<7, 9, 11, 13, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>());
  check(kernel_grad<double, kr::Conv2d<7, 9, 3, 5, 3, 3, 1, 2, 1, 1, 1, 1, 1, 1>>());
  check(kernel_grad<double, kr::Conv2d<7, 9, 19, 2, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>());
}

TEST_CASE("conv_kernel_grad: groups, no examples") {
  check(kernel_grad<float, kr::Conv2d<6, 7, 4, 6, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 12, 18>, 3>());
  check(kernel_grad<float, kr::Conv2d<6, 7, 5, 3, 3, 3, 2, 1, 1, 1, 1, 0, 1, 0, 12, 7>, 2>());
  check(kernel_grad<float, kr::Conv3d<3, 4, 5, 4, 3, 2, 2, 3, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 8, 6>, 2>());
  check(kernel_grad<double, kr::Conv2d<6, 7, 4, 6, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 12, 18>, 3>());
  check(kernel_grad<float, Filters<10>>(), 0);
}
