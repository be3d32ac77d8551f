#include "keratin/runtime/softmax.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "guarded.h"
#include "keratin/runtime/thread_pool.h"

using kr::Size;

namespace {

template <class T, int N> void check_length(Size n) {
  Numbers numbers(static_cast<uint64_t>(n));
  const Size rows = 3;
  Guarded<T> x(static_cast<size_t>(rows * n)), y(x.size()), logs(x.size()), masked(x.size()), mask(static_cast<size_t>(n));
  numbers.fill(x, 8);
  for (size_t i = 0; i < mask.size(); ++i) mask[i] = static_cast<T>(i % 3 == 1 && n > 2 ? -1e9 : 0);
  kr::softmax<N>(rows, n, x.data(), y.data());
  kr::log_softmax<N>(rows, n, x.data(), logs.data());
  kr::softmax<N>(rows, n, x.data(), masked.data(), mask.data(), 0);
  bool good = y.intact() && logs.intact() && masked.intact();
  const double limit = 8 * static_cast<double>(std::numeric_limits<T>::epsilon());
  for (Size r = 0; r < rows; ++r) {
    double total = 0, kept = 0;
    for (Size i = 0; i < n; ++i) {
      const double e = std::exp(double{x[size_t(r * n + i)]});
      total += e;
      if (mask[size_t(i)] == 0) kept += e;
    }
    for (Size i = 0; i < n; ++i) {
      const double p = std::exp(double{x[size_t(r * n + i)]}) / total, q = mask[size_t(i)] == 0 ? p * total / kept : 0;
      good = good && std::fabs(y[size_t(r * n + i)] - p) <= limit * p && std::fabs(masked[size_t(r * n + i)] - q) <= limit * q;
      good = good && std::fabs(logs[size_t(r * n + i)] - std::log(p)) <= limit * 16;
    }
  }
  INFO(n);
  CHECK(good);
}

template <class T, int... N> void check_static(kr::Indices<N...>) { (check_length<T, N + 1>(N + 1), ...); }

}  // namespace

TEST_CASE("softmax of every length, static and free") {
  check_static<float>(kr::upto<18>());
  check_static<double>(kr::upto<9>());
  check_length<float, 33>(33);
  check_length<float, 63>(63);
  check_length<float, 64>(64);
  check_length<float, 65>(65);
  for (Size n = 1; n <= 70; ++n) {
    check_length<float, 0>(n);
    check_length<double, 0>(n);
  }
  check_length<float, 1000>(1000);
  check_length<float, 0>(30001);
}

TEST_CASE("softmax in place, at the edges of the number range") {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  float large[] = {1000.f, 999.f, -1000.f};
  kr::softmax<3>(1, 3, large, large);
  CHECK(large[0] == Approx(0.7310586));
  CHECK(large[2] == 0.f);
  float one[] = {-7.f};
  kr::softmax<0>(1, 1, one, one);
  CHECK(one[0] == 1.f);
  float hidden[] = {-inf, 0.f, 0.f};
  kr::softmax<0>(1, 3, hidden, hidden);
  CHECK((hidden[0] == 0.f && hidden[1] == 0.5f));
  float nothing[] = {-inf, -inf}, bad[] = {0.f, nan, 1.f};
  kr::softmax<2>(1, 2, nothing, nothing);
  kr::softmax<0>(1, 3, bad, bad);
  CHECK((std::isnan(nothing[0]) && std::isnan(bad[0]) && std::isnan(bad[2])));
}

TEST_CASE("softmax gives the same bits for any number of threads") {
  const Size rows = 37, n = 301;
  std::vector<float> x(static_cast<size_t>(rows * n)), a(x.size()), b(x.size()), mask(x.size());
  Numbers numbers;
  numbers.fill(x, 5);
  numbers.fill(mask, 2);
  kr::ThreadPool pool(3);
  kr::softmax<0>(rows, n, x.data(), a.data(), mask.data(), n);
  kr::softmax<0>(rows, n, x.data(), b.data(), mask.data(), n, &pool);
  CHECK(a == b);
}
