#include "keratin/runtime/norm.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "guarded.h"
#include "keratin/runtime/thread_pool.h"

using kr::Size;

TEMPLATE_TEST_CASE("layer and rms normalisation of every length, with and without gamma and beta", "", float, double) {
  using T = TestType;
  Numbers numbers;
  for (Size n : {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 70, 768, 1500}) {
    const Size rows = 3;
    Guarded<T> x(static_cast<size_t>(rows * n)), y(x.size()), gamma(static_cast<size_t>(n)), beta(static_cast<size_t>(n));
    numbers.fill(x, 3);
    numbers.fill(gamma, 2);
    numbers.fill(beta);
    for (auto& v : x) v += T(5);
    const T epsilon = T(1e-3);
    for (int variant = 0; variant < 6; ++variant) {
      const bool centered = variant < 4, has_gamma = variant % 2 == 1, has_beta = variant == 2 || variant == 3;
      const T* g = has_gamma ? gamma.data() : nullptr;
      if (centered) kr::layer_norm(rows, n, static_cast<const T*>(x.data()), g, has_beta ? beta.data() : nullptr, epsilon, y.data());
      else kr::rms_norm(rows, n, static_cast<const T*>(x.data()), g, epsilon, y.data());
      bool good = y.intact();
      for (Size r = 0; r < rows; ++r) {
        double mean = 0, square = 0;
        for (Size i = 0; i < n && centered; ++i) mean += x[size_t(r * n + i)] / static_cast<double>(n);
        for (Size i = 0; i < n; ++i) square += std::pow(x[size_t(r * n + i)] - mean, 2) / static_cast<double>(n);
        for (Size i = 0; i < n; ++i) {
          const double z = (x[size_t(r * n + i)] - mean) / std::sqrt(square + double{epsilon}) * (has_gamma ? double{gamma[size_t(i)]} : 1) +
                           (has_beta ? double{beta[size_t(i)]} : 0);
          good = good && std::fabs(y[size_t(r * n + i)] - z) <= 300 * static_cast<double>(std::numeric_limits<T>::epsilon());
        }
      }
      INFO(n << " variant " << variant);
      CHECK(good);
    }
  }
}

TEST_CASE("normalisation gives the same bits for any number of threads, and in place") {
  const Size rows = 50, n = 200;
  std::vector<float> x(static_cast<size_t>(rows * n)), a(x.size()), gamma(static_cast<size_t>(n), 1.5f);
  Numbers numbers;
  numbers.fill(x);
  kr::ThreadPool pool(2);
  kr::layer_norm<float>(rows, n, x.data(), gamma.data(), nullptr, 1e-5f, a.data());
  kr::layer_norm<float>(rows, n, x.data(), gamma.data(), nullptr, 1e-5f, x.data(), &pool);
  CHECK(a == x);
}
