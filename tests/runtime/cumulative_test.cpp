#include "keratin/runtime/cumulative.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "guarded.h"

using kr::Size;

TEMPLATE_TEST_CASE("running results along any axis, both ways, inclusive and exclusive", "", float, double, kr::Int32) {
  using T = TestType;
  Numbers numbers;
  for (Size inner : {1, 2, 3, 7, 16, 33}) {
    const Size outer = 2, n = 9;
    Guarded<T> x(static_cast<size_t>(outer * n * inner)), sum(x.size()), top(x.size());
    for (auto& v : x) v = static_cast<T>(numbers.below(20) - 10);
    for (int variant = 0; variant < 4; ++variant) {
      const kr::Running running{variant % 2 == 1, variant / 2 == 1};
      kr::cumulative<kr::Sum>(outer, n, inner, static_cast<const T*>(x.data()), sum.data(), running);
      kr::cumulative<kr::Max>(outer, n, inner, static_cast<const T*>(x.data()), top.data(), running);
      bool good = sum.intact() && top.intact();
      for (Size o = 0; o < outer; ++o) {
        for (Size i = 0; i < inner; ++i) {
          T s = 0, m = kr::lowest_of<T>();
          for (Size step = 0; step < n; ++step) {
            const Size r = running.backwards ? n - 1 - step : step;
            const auto at = static_cast<size_t>((o * n + r) * inner + i);
            const T s_next = s + x[at], m_next = std::max(m, x[at]);
            good = good && sum[at] == (running.exclusive ? s : s_next) && top[at] == (running.exclusive ? m : m_next);
            s = s_next;
            m = m_next;
          }
        }
      }
      CHECK(good);
    }
  }
}

TEST_CASE("running products in place, NaN, number sequences") {
  float x[] = {1, 2, 3, 4};
  kr::cumulative<kr::Prod>(1, 4, 1, static_cast<const float*>(x), x);
  CHECK(std::vector<float>(x, x + 4) == std::vector<float>{1, 2, 6, 24});
  float y[] = {1, std::numeric_limits<float>::quiet_NaN(), 3};
  kr::cumulative<kr::Min>(1, 3, 1, static_cast<const float*>(y), y);
  CHECK((y[0] == 1 && std::isnan(y[1]) && std::isnan(y[2])));
  kr::Int64 z[4];
  kr::arange(4, kr::Int64{5}, kr::Int64{-2}, z);
  CHECK(std::vector<kr::Int64>(z, z + 4) == std::vector<kr::Int64>{5, 3, 1, -1});
  float f[3];
  kr::arange(3, 0.5f, 0.25f, f);
  CHECK(std::vector<float>(f, f + 3) == std::vector<float>{0.5f, 0.75f, 1.f});
}
