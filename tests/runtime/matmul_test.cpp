#include "keratin/runtime/matmul.h"

#include <algorithm>

#include "kernel_test.h"
#include "shuffled_pool.h"

namespace {

struct Gaps {
  kr::Size a = 0, b = 0, c = 0;
};

template <class T, bool TransposeB, bool TransposeA = false> void check(kr::Size m, kr::Size n, kr::Size k, kr::Size outer = 1, kr::Size inner = 1, Gaps gap = {}) {
  INFO("m " << m << " n " << n << " k " << k << " batch " << outer << "x" << inner << " transposed " << TransposeA << TransposeB);
  kr::MatmulShape s{m, n, k, (TransposeA ? m : k) + gap.a, (TransposeB ? k : n) + gap.b, n + gap.c};
  s.outer = outer;
  s.inner = inner;
  const kr::Size a_rows = TransposeA ? k : m, a_each = a_rows == 0 ? 0 : (a_rows - 1) * s.a_row + (TransposeA ? m : k), b_rows = TransposeB ? n : k;
  const kr::Size b_each = b_rows == 0 ? 0 : (b_rows - 1) * s.b_row + (TransposeB ? k : n);
  const kr::Size c_each = (m - 1) * s.c_row + n;
  s.a_inner = a_each, s.a_outer = inner * a_each;
  s.b_inner = 0, s.b_outer = b_each;   // one B for all inner entries
  s.c_outer = c_each, s.c_inner = outer * c_each;
  Guarded<T> a(size_t(outer * inner * a_each)), b(size_t(outer * b_each)), c(size_t(outer * inner * c_each), T(-7)), other(c.size(), T(-7));
  Guarded<T> residual(size_t(outer * inner * m * n));
  Numbers numbers(uint64_t(m * 10007 + n * 101 + k));
  for (auto* v : {&a, &b, &residual}) numbers.fill(*v);
  const AddAndRelu<T> epilogue{residual.data()};
  kr::matmul<T, TransposeB, AddAndRelu<T>, TransposeA>(s, a.data(), b.data(), c.data(), epilogue);
  int wrong = 0;
  for (kr::Size o = 0; o < outer; ++o) {
    for (kr::Size i = 0; i < inner; ++i) {
      for (kr::Size row = 0; row < m; ++row) {
        for (kr::Size col = 0; col < n; ++col) {
          double want = residual[size_t(((o * inner + i) * m + row) * n + col)], magnitude = 2;
          for (kr::Size x = 0; x < k; ++x) {
            const double product = double(a[size_t(o * s.a_outer + i * s.a_inner + (TransposeA ? x * s.a_row + row : row * s.a_row + x))]) *
                                   b[size_t(o * s.b_outer + (TransposeB ? col * s.b_row + x : x * s.b_row + col))];
            want += product;
            magnitude += std::abs(product);
          }
          wrong += !close(c[size_t(o * s.c_outer + i * s.c_inner + row * s.c_row + col)], std::max(0.0, want), magnitude, double(k));
        }
        for (kr::Size col = n; col < s.c_row && row + 1 < m; ++col) {
          wrong += c[size_t(o * s.c_outer + i * s.c_inner + row * s.c_row + col)] != T(-7);
        }
      }
    }
  }
  CHECK(wrong == 0);
  CHECK(c.intact());
  ShuffledPool pool(3);
  kr::matmul<T, TransposeB, AddAndRelu<T>, TransposeA>(s, a.data(), b.data(), other.data(), epilogue, &pool);
  CHECK(std::memcmp(c.data(), other.data(), c.size() * sizeof(T)) == 0);
  Guarded<T> apart(c.size(), T(-7));   // the epilogue over what the product stored: the same bits
  kr::matmul<T, TransposeB, AddAndRelu<T>, TransposeA, true>(s, a.data(), b.data(), apart.data(), epilogue, &pool);
  CHECK(apart.intact());
  CHECK(std::memcmp(c.data(), apart.data(), c.size() * sizeof(T)) == 0);
}

template <class T> void check_both(kr::Size m, kr::Size n, kr::Size k, kr::Size outer = 1, kr::Size inner = 1, Gaps gap = {}) {
  check<T, false>(m, n, k, outer, inner, gap);
  check<T, true>(m, n, k, outer, inner, gap);
  check<T, false, true>(m, n, k, outer, inner, gap);
  check<T, true, true>(m, n, k, outer, inner, gap);
}

}  // namespace

TEST_CASE("matmul: every size") {
  for (kr::Size size = 1; size <= 70; ++size) {
    check_both<float>(size, 21, 19);
    check_both<float>(5, size, 9);
    check_both<float>(1, size, 9);
    check_both<float>(9, 35, size);
    check_both<float>(2, 5, size);
  }
}

TEST_CASE("matmul: batches, strides, depth, threads") {
  check_both<float>(17, 23, 40, 3, 4, {3, 5, 7});
  check_both<float>(50, 50, 32, 2, 3);
  check_both<float>(200, 70, 300);
  check_both<float>(20, 1030, 130);
  check_both<float>(3, 40, 0);
  check_both<double>(13, 37, 29, 2, 2, {1, 2, 3});
  check_both<double>(2, 9, 21);
  check_both<double>(30, 7, 200);
}

TEST_CASE("transpose turns a square of vectors") {
  kr::Vec<float, kr::kLanes<float>> rows[kr::kLanes<float>];
  kr::Vec<double, kr::kLanes<double>> doubles[kr::kLanes<double>];
  for (int i = 0; i < kr::kLanes<float>; ++i) rows[i] = kr::iota<kr::Vec<float, kr::kLanes<float>>>() + static_cast<float>(100 * i);
  for (int i = 0; i < kr::kLanes<double>; ++i) doubles[i] = kr::iota<kr::Vec<double, kr::kLanes<double>>>() + 100.0 * i;
  kr::transpose(rows);
  kr::transpose(doubles);
  for (int i = 0; i < kr::kLanes<float>; ++i) {
    for (int j = 0; j < kr::kLanes<float>; ++j) CHECK(rows[i][j] == static_cast<float>(100 * j + i));
  }
  for (int i = 0; i < kr::kLanes<double>; ++i) {
    for (int j = 0; j < kr::kLanes<double>; ++j) CHECK(doubles[i][j] == 100.0 * j + i);
  }
}
