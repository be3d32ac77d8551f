#include "keratin/runtime/norm_grad.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "guarded.h"
#include "shuffled_pool.h"

using kr::Size;

namespace {

/// Rows, gradient and what comes out, in guarded memory.
template <class T> struct Case {
  Size rows, n;
  Guarded<T> x, dy, gamma, dx, d_gamma, d_beta, scratch;
  Case(Size row_count, Size length)
      : rows(row_count), n(length), x(static_cast<size_t>(rows * n)), dy(x.size()), gamma(static_cast<size_t>(n)), dx(x.size()), d_gamma(gamma.size()), d_beta(gamma.size()),
        scratch(static_cast<size_t>(kr::layer_norm_grad_scratch(n)), static_cast<T>(NAN)) {
    Numbers numbers;
    numbers.fill(x, 3);
    numbers.fill(dy);
    numbers.fill(gamma, 2);
    for (auto& v : x) v += T(5);
  }
  void run(bool has_gamma, bool vectors, kr::Pool* pool = nullptr) {
    kr::layer_norm_grad<T>(rows, n, x.data(), has_gamma ? gamma.data() : nullptr, dy.data(), T(1e-3), dx.data(), vectors && has_gamma ? d_gamma.data() : nullptr,
                           vectors ? d_beta.data() : nullptr, scratch.data(), pool);
  }
};

/// The largest error of dx, d_gamma and d_beta.
template <class T> double error_of(const Case<T>& c, bool has_gamma, bool vectors) {
  double largest = 0;
  std::vector<double> gammas(static_cast<size_t>(c.n)), betas(gammas.size());
  const auto compare = [&](double a, T b) {
    if (!(std::abs(a - static_cast<double>(b)) <= largest)) largest = std::abs(a - static_cast<double>(b));
  };
  for (Size r = 0; r < c.rows; ++r) {
    const auto at = [&](const auto& values, Size i) { return static_cast<double>(values[size_t(r * c.n + i)]); };
    double mean = 0, square = 0, sum = 0, moment = 0;
    for (Size i = 0; i < c.n; ++i) mean += at(c.x, i) / static_cast<double>(c.n);
    for (Size i = 0; i < c.n; ++i) square += std::pow(at(c.x, i) - mean, 2) / static_cast<double>(c.n);
    const double factor = 1 / std::sqrt(square + static_cast<double>(T(1e-3)));
    const auto g = [&](Size i) { return at(c.dy, i) * (has_gamma ? static_cast<double>(c.gamma[size_t(i)]) : 1); };
    const auto hat = [&](Size i) { return (at(c.x, i) - mean) * factor; };
    for (Size i = 0; i < c.n; ++i) {
      sum += g(i) / static_cast<double>(c.n);
      moment += g(i) * hat(i) / static_cast<double>(c.n);
      gammas[size_t(i)] += at(c.dy, i) * hat(i);
      betas[size_t(i)] += at(c.dy, i);
    }
    for (Size i = 0; i < c.n; ++i) compare(factor * (g(i) - sum - hat(i) * moment), c.dx[size_t(r * c.n + i)]);
  }
  for (size_t i = 0; vectors && i < gammas.size(); ++i) {
    if (has_gamma) compare(gammas[i], c.d_gamma[i]);
    compare(betas[i], c.d_beta[i]);
  }
  return largest;
}

}  // namespace

TEMPLATE_TEST_CASE("gradients of layer normalisation of every length", "", float, double) {
  using T = TestType;
  for (Size n : {2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 70, 768, 1500}) {
    for (Size rows : {1, 3, 70}) {
      Case<T> c(rows, n);
      for (const bool has_gamma : {false, true}) {
        for (const bool vectors : {false, true}) {
          c.run(has_gamma, vectors);
          INFO(n << " rows " << rows << " gamma " << has_gamma << " vectors " << vectors);
          CHECK(error_of(c, has_gamma, vectors) <= 3000 * static_cast<double>(std::numeric_limits<T>::epsilon()));
          CHECK((c.dx.intact() && c.d_gamma.intact() && c.d_beta.intact() && c.scratch.intact()));
        }
      }
    }
  }
}

TEST_CASE("gradients of layer normalisation are the same bits for any number of threads, and in place") {
  Case<float> alone(500, 100), together(500, 100);
  ShuffledPool pool(3);
  alone.run(true, true);
  together.run(true, true, &pool);
  CHECK(std::equal(alone.dx.begin(), alone.dx.end(), together.dx.begin()));
  CHECK(std::equal(alone.d_gamma.begin(), alone.d_gamma.end(), together.d_gamma.begin()));
  CHECK(std::equal(alone.d_beta.begin(), alone.d_beta.end(), together.d_beta.begin()));
  kr::layer_norm_grad<float>(alone.rows, alone.n, alone.x.data(), alone.gamma.data(), alone.dy.data(), 1e-3f, alone.dy.data(), nullptr, nullptr, alone.scratch.data());
  CHECK(std::equal(alone.dy.begin(), alone.dy.end(), together.dx.begin()));
}
