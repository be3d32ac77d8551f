#include "keratin/runtime/conv2d.h"

#include <algorithm>
#include <vector>

#include "kernel_test.h"
#include "shuffled_pool.h"

namespace {

/// A geometry's numbers, so that the reference is compiled once.
struct Shape {
  int size[3], C, F, kernel[3], stride[3], dilation[3], before[3], out[3], x_stride, y_stride, groups;
};
template <class G> Shape shape_of(int groups = 1) {
  return {{int(G::D), int(G::H), int(G::W)}, int(G::C), int(G::F), {int(G::KD), int(G::KH), int(G::KW)},
          {int(G::SD), int(G::SH), int(G::SW)}, {int(G::DD), int(G::DH), int(G::DW)}, {int(G::PF), int(G::PT), int(G::PL)},
          {int(G::OD), int(G::OH), int(G::OW)}, int(G::XStride), int(G::YStride), groups};
}

/// The definition: sums over taps and channels for every output; weights[g][kd][kh][kw][c][f].
struct Sum {
  double value, magnitude;
};
template <class T> Sum output(const Shape& s, const T* x, const T* weights, int n, const int (&at)[3], int group, int f) {
  Sum sum{0, 0};
  for (int kd = 0; kd < s.kernel[0]; ++kd) {
    for (int kh = 0; kh < s.kernel[1]; ++kh) {
      for (int kw = 0; kw < s.kernel[2]; ++kw) {
        const int k[3] = {kd, kh, kw};
        size_t pixel = static_cast<size_t>(n);
        bool inside = true;
        for (int d = 0; d < 3; ++d) {
          const int i = at[d] * s.stride[d] - s.before[d] + k[d] * s.dilation[d];
          inside = inside && i >= 0 && i < s.size[d];
          pixel = pixel * static_cast<size_t>(s.size[d]) + static_cast<size_t>(inside ? i : 0);
        }
        if (!inside) continue;
        const size_t tap = static_cast<size_t>(((group * s.kernel[0] + kd) * s.kernel[1] + kh) * s.kernel[2] + kw);
        for (int c = 0; c < s.C; ++c) {
          const double product = static_cast<double>(x[pixel * static_cast<size_t>(s.x_stride) + static_cast<size_t>(group * s.C + c)]) *
                                 weights[(tap * static_cast<size_t>(s.C) + static_cast<size_t>(c)) * static_cast<size_t>(s.F) +
                                         static_cast<size_t>(f)];
          sum.value += product;
          sum.magnitude += std::abs(product);
        }
      }
    }
  }
  return sum;
}

template <class T> struct Kernel {
  Shape shape;
  void (*run)(kr::Size n, const T* x, const T* packed, const T* bias, T* y, const T* residual, kr::Pool* pool);
};
template <class T, class G> Kernel<T> conv() {
  return {shape_of<G>(), [](kr::Size n, const T* x, const T* w, const T* bias, T* y, const T* residual, kr::Pool* pool) {
            kr::conv2d<T, G, AddAndRelu<T>>(n, x, w, bias, y, {residual}, pool);
          }};
}
template <class T, class G, int Groups> Kernel<T> grouped() {
  return {shape_of<G>(Groups), [](kr::Size n, const T* x, const T* w, const T* bias, T* y, const T* residual, kr::Pool* pool) {
            kr::conv2d_grouped<T, G, Groups, AddAndRelu<T>>(n, x, w, bias, y, {residual}, pool);
          }};
}

template <class T> void check(const Kernel<T>& kernel, size_t examples = 2, bool with_bias = true) {
  const Shape& s = kernel.shape;
  INFO("size " << s.size[0] << "x" << s.size[1] << "x" << s.size[2] << " channels " << s.C << "->" << s.F << " kernel " << s.kernel[0]
               << "x" << s.kernel[1] << "x" << s.kernel[2] << " stride " << s.stride[2] << " dilation " << s.dilation[2] << " before "
               << s.before[2] << " groups " << s.groups << " examples " << examples);
  const auto count = [](const int (&a)[3]) { return static_cast<size_t>(a[0]) * static_cast<size_t>(a[1]) * static_cast<size_t>(a[2]); };
  const size_t groups = static_cast<size_t>(s.groups), C = static_cast<size_t>(s.C), F = static_cast<size_t>(s.F), K = count(s.kernel) * C;
  const size_t pixels = examples * count(s.out), xs = static_cast<size_t>(s.x_stride), ys = static_cast<size_t>(s.y_stride);
  Guarded<T> x((examples * count(s.size) - 1) * xs + C * groups), weights(groups * K * F), bias(groups * F), residual(pixels * groups * F);
  Guarded<T> y((pixels - 1) * ys + F * groups, T(-7)), other((pixels - 1) * ys + F * groups, T(-7));
  Numbers numbers(K * 31 + F);
  for (auto* a : {&x, &weights, &bias, &residual}) numbers.fill(*a);
  Guarded<T> w(0);
  const size_t each = static_cast<size_t>(kr::packed_size(static_cast<kr::Size>(K), static_cast<kr::Size>(F)));
  w = Guarded<T>(groups * each);
  for (size_t g = 0; g < groups; ++g) {
    const Guarded<T> part = packed(weights.data() + g * K * F, static_cast<kr::Size>(K), static_cast<kr::Size>(F));
    std::copy(part.data(), part.data() + each, w.data() + g * each);
  }
  const T* b = with_bias ? bias.data() : nullptr;
  kernel.run(static_cast<kr::Size>(examples), x.data(), w.data(), b, y.data(), residual.data(), nullptr);
  int wrong = 0;
  for (size_t p = 0; p < pixels; ++p) {
    const int rest = static_cast<int>(p % count(s.out)), n = static_cast<int>(p / count(s.out));
    const int at[3] = {rest / (s.out[1] * s.out[2]), rest / s.out[2] % s.out[1], rest % s.out[2]};
    for (size_t f = 0; f < groups * F; ++f) {
      const Sum sum = output(s, x.data(), weights.data(), n, at, static_cast<int>(f / F), static_cast<int>(f % F));
      const double want = sum.value + (with_bias ? bias[f] : 0.0) + residual[p * groups * F + f];
      wrong += !close(y[p * ys + f], std::max(0.0, want), sum.magnitude + 2, static_cast<double>(K));
    }
    for (size_t f = groups * F; f < ys && p + 1 < pixels; ++f) wrong += y[p * ys + f] != T(-7);
  }
  CHECK(wrong == 0);
  CHECK(y.intact());
  for (int threads : {2, 5}) {
    ShuffledPool pool(threads);
    kernel.run(static_cast<kr::Size>(examples), x.data(), w.data(), b, other.data(), residual.data(), &pool);
    CHECK(std::memcmp(y.data(), other.data(), y.size() * sizeof(T)) == 0);
  }
}

template <int W, int C = 5, int F = 16> using Same3 = kr::Conv2d<5, W, C, F, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>;
template <int... I> void check_every_width(kr::Indices<I...>) {
  for (const auto& kernel : {conv<float, Same3<I + 1>>()...}) check(kernel, 1);
}
template <int F> using Outputs = kr::Conv2d<3, 7, 3, F, 2, 3, 1, 1, 1, 1, 0, 1, 1, 1>;
template <int... F> void check_outputs() {
  for (const auto& kernel : {conv<float, Outputs<F>>()...}) check(kernel, 2);
}

}  // namespace

TEST_CASE("Taps and Inside") {
  for (int size = 1; size <= 6; ++size) {
    for (int origin = -9; origin <= 9; ++origin) {
      for (int step = 1; step <= 3; ++step) {
        for (int count = 1; count <= 5; ++count) {
          int length = 0;
          const kr::Inside range(origin, size, step, count);
          const kr::Taps taps(origin, size, count, step);
          for (int i = 0; i < count; ++i) {
            const bool inside = origin + i * step >= 0 && origin + i * step < size;
            length += inside;
            CHECK(inside == (i >= range.first && i < range.last));
            CHECK(inside == (i >= taps.first && i < taps.last));
          }
          CHECK(range.length() == length);
        }
      }
    }
  }
}

TEST_CASE("conv2d: every width of a row") { check_every_width(kr::upto<34>()); }

TEST_CASE("conv2d: every kind of panel") { check_outputs<1, 2, 3, 4, 6, 8, 10, 16, 18, 20, 24, 29, 32, 34, 50, 64, 69>(); }

TEST_CASE("conv2d: kernels, strides, dilations, paddings") {
  check(conv<float, kr::Conv2d<9, 23, 3, 32, 7, 7, 2, 2, 1, 1, 2, 3, 2, 3>>());                // a stem
  check(conv<float, kr::Conv2d<28, 28, 1, 32, 3, 3>>(), 1);                                     // MNIST
  check(conv<float, kr::Conv2d<6, 41, 7, 16, 3, 5, 2, 3, 1, 1, 0, 2, 3, 0>>());
  check(conv<float, kr::Conv2d<11, 30, 6, 12, 3, 3, 1, 1, 2, 3, 2, 2, 3, 3>>());                // dilated, same
  check(conv<float, kr::Conv2d<5, 12, 9, 16, 3, 3, 1, 1, 4, 8, 4, 4, 8, 8>>());                 // edges wider than a tile
  check(conv<float, kr::Conv2d<4, 6, 4, 8, 3, 3, 1, 1, 1, 1, 5, 4, 7, 6>>());                   // outputs that see padding alone
  check(conv<float, kr::Conv2d<4, 6, 4, 3, 3, 3, 1, 1, 1, 1, 5, 4, 7, 6>>());
  check(conv<float, kr::Conv2d<7, 7, 40, 33, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1>>(), 3);
  check(conv<float, kr::Conv2d<2, 2, 24, 40, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>(), 7);              // gathered
  check(conv<float, kr::Conv2d<4, 3, 64, 10, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>(), 5, false);
  check(conv<float, kr::Conv2d<8, 9, 13, 21, 1, 1>>(), 3);                                      // pointwise
  check(conv<float, kr::Conv2d<8, 9, 13, 21, 1, 1, 2, 2>>(), 3);
  check(conv<float, kr::Conv2d<5, 4, 6, 19, 5, 4>>(), 9);                                       // whole input
  check(conv<double, kr::Conv2d<6, 15, 5, 45, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>());
  check(conv<double, kr::Conv2d<6, 2, 8, 11, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1>>());
}

TEST_CASE("conv2d: pixels with gaps, one dimension") {
  check(conv<float, kr::Conv2d<5, 13, 4, 18, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 9, 25>>());
  check(conv<float, kr::Conv2d<5, 13, 4, 2, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 9, 5>>());
  check(conv<float, kr::Conv2d<3, 7, 12, 16, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 15, 17>>());
  check(conv<float, kr::Conv2d<1, 60, 7, 24, 1, 5, 1, 1, 1, 2, 0, 0, 8, 0>>());                 // causal
  check(conv<float, kr::Conv2d<1, 101, 2, 3, 1, 9, 1, 4>>());
}

TEST_CASE("conv2d: groups, three dimensions") {
  check(grouped<float, kr::Conv2d<6, 10, 4, 6, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 12, 18>, 3>());
  check(grouped<float, kr::Conv2d<6, 10, 2, 3, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 8, 13>, 4>());
  check(conv<float, kr::Conv3d<4, 5, 9, 3, 20, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1>>());
  check(conv<float, kr::Conv3d<7, 5, 8, 2, 2, 3, 2, 3, 2, 1, 2, 1, 2, 1, 1, 0, 0, 1, 1, 0>>());
  check(conv<float, kr::Conv3d<4, 3, 2, 8, 9, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1>>());
}
