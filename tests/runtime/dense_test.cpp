#include "keratin/runtime/dense.h"

#include <algorithm>
#include <vector>

#include "kernel_test.h"
#include "shuffled_pool.h"

namespace {

/// One call of a kernel of fixed K and N; sizes beside it, so that the checks are compiled once.
template <class T> struct Kernel {
  size_t K, N, ldx, ldy;
  void (*run)(kr::Size rows, const T* x, const T* packed, const T* bias, T* y, const T* residual, bool backwards);
};
template <class T, int K, int N, int LDX = K, int LDY = N, bool Prefetch = false> Kernel<T> dense() {
  return {K, N, LDX, LDY, [](kr::Size rows, const T* x, const T* w, const T* bias, T* y, const T* residual, bool backwards) {
            kr::dense<T, K, N, AddAndRelu<T>, LDX, LDY, Prefetch>(rows, x, w, bias, y, {residual}, backwards, nullptr);
          }};
}
template <class T, int K, int N> Kernel<T> dense_small() {
  return {K, N, K, N, [](kr::Size rows, const T* x, const T* w, const T* bias, T* y, const T* residual, bool) {
            kr::dense_small<T, K, N, AddAndRelu<T>>(rows, x, w, bias, y, {residual});
          }};
}

template <class T> void check(const Kernel<T>& kernel, size_t rows, bool with_bias = true, bool backwards = false) {
  const auto [K, N, ldx, ldy, run] = kernel;
  INFO("rows " << rows << " K " << K << " N " << N << " ldx " << ldx << " ldy " << ldy);
  Guarded<T> x(rows == 0 ? 0 : (rows - 1) * ldx + K), weights(K * N), bias(N), residual(rows * N);
  Guarded<T> y(rows == 0 ? 0 : (rows - 1) * ldy + N, T(-7));
  Numbers numbers(rows * 1000003 + K * 1009 + N);
  for (auto* a : {&x, &weights, &bias, &residual}) numbers.fill(*a);
  const Guarded<T> w = packed(weights.data(), static_cast<kr::Size>(K), static_cast<kr::Size>(N));
  run(static_cast<kr::Size>(rows), x.data(), w.data(), with_bias ? bias.data() : nullptr, y.data(), residual.data(), backwards);
  int wrong = 0;
  for (size_t r = 0; r < rows; ++r) {
    for (size_t n = 0; n < N; ++n) {
      double want = (with_bias ? bias[n] : 0.0) + residual[r * N + n], magnitude = 2;
      for (size_t k = 0; k < K; ++k) {
        const double product = static_cast<double>(x[r * ldx + k]) * weights[k * N + n];
        want += product;
        magnitude += std::abs(product);
      }
      wrong += !close(y[r * ldy + n], std::max(0.0, want), magnitude, static_cast<double>(K));
    }
    for (size_t n = N; n < ldy && r + 1 < rows; ++n) wrong += y[r * ldy + n] != T(-7);
  }
  CHECK(wrong == 0);
  CHECK(y.intact());
}

template <int... I> void check_every_n(kr::Indices<I...>) {
  for (const auto& kernel : {dense<float, 19, I + 1>()...}) {
    for (size_t rows : {1, 2, 3, 5, 14}) check(kernel, rows, rows != 3);
  }
  for (const auto& kernel : {dense_small<float, 19, I + 1>()...}) check(kernel, 1);
}
template <int... I> void check_every_k(kr::Indices<I...>) {
  for (const auto& kernel : {dense<float, I + 1, 10>()..., dense<float, I + 1, 3>()...}) {
    for (size_t rows : {1, 6}) check(kernel, rows);
  }
  check(dense_small<float, 1, 35>(), 1, false);
  check(dense_small<float, 7, 35>(), 1, false);
  check(dense_small<float, 70, 35>(), 1, false);
}

}  // namespace

TEST_CASE("packed_index places every element once, zeros only in the last panel") {
  for (kr::Size n = 1; n <= 200; ++n) {
    const kr::Size K = 3, padded = kr::padded_outputs(n);
    CHECK(padded >= n);
    CHECK(padded - n <= 7);
    std::vector<int> used(static_cast<size_t>(K * padded));
    for (kr::Size k = 0; k < K; ++k) {
      for (kr::Size i = 0; i < n; ++i) ++used[static_cast<size_t>(kr::packed_index(K, n, k, i))];
    }
    kr::Size count = 0;
    for (int u : used) {
      CHECK(u <= 1);
      count += u;
    }
    CHECK(count == K * n);
  }
  CHECK(kr::padded_outputs(10) == 16);
  CHECK(kr::padded_outputs(35) == 35);
  CHECK(kr::padded_outputs(57) == 64);
  CHECK(kr::packed_index(5, 40, 2, 33) == 32 * 5 + 2 * 8 + 1);
  CHECK(kr::packed_index(5, 34, 2, 33) == 32 * 5 + 5 + 2);
}

TEST_CASE("dense: every number of outputs") { check_every_n(kr::upto<70>()); }
TEST_CASE("dense: every number of inputs") { check_every_k(kr::upto<70>()); }

TEST_CASE("dense: every number of rows") {
  for (size_t rows = 0; rows <= 70; ++rows) {
    check(dense<float, 33, 84>(), rows, true, rows % 2 == 1);
    check(dense<double, 33, 84>(), rows);
    check(dense<double, 41, 3>(), rows);
  }
  check(dense<float, 130, 50, 130, 50, true>(), 1);
  check(dense<float, 130, 50, 130, 50, true>(), 2, true, true);
  check(dense_small<float, 20, 7>(), 9);
  check(dense<double, 41, 70>(), 3);
  check(dense<double, 41, 7>(), 9);
  check(dense<float, 600, 20>(), 1100);
}

TEST_CASE("dense: rows with gaps") {
  for (size_t rows : {1, 2, 7, 17}) {
    check(dense<float, 20, 42, 23, 51>(), rows);
    check(dense<float, 20, 3, 20, 9>(), rows);
  }
}

TEST_CASE("dense: the same bits for any pool and direction") {
  constexpr int K = 90, N = 131, kRows = 147;
  Guarded<float> x(kRows * K), weights(K * N), alone(kRows * N), other(kRows * N);
  Numbers numbers;
  numbers.fill(x);
  numbers.fill(weights);
  const Guarded<float> w = packed(weights.data(), K, N);
  kr::dense<float, K, N, kr::Relu>(kRows, x.data(), w.data(), nullptr, alone.data());
  for (int threads : {1, 2, 3, 7, 64}) {
    ShuffledPool pool(threads);
    for (bool backwards : {false, true}) {
      std::fill(other.begin(), other.end(), -1.f);
      kr::dense<float, K, N, kr::Relu>(kRows, x.data(), w.data(), nullptr, other.data(), kr::Relu{}, backwards, &pool);
      CHECK(std::memcmp(alone.data(), other.data(), alone.size() * sizeof(float)) == 0);
      CHECK(other.intact());
    }
    CHECK(pool.calls == (threads > 1 ? 2 : 0));
  }
}
