#include "keratin/runtime/sort.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "guarded.h"

using kr::Size;

TEST_CASE("sort, argsort and top_k of every length, with equals and NaN") {
  Numbers numbers;
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  auto less = [](float a, float b) { return a < b || (std::isnan(b) && !std::isnan(a)); };
  for (Size n = 1; n <= 70; ++n) {
    const Size rows = 3;
    Guarded<float> x(static_cast<size_t>(rows * n)), y(x.size());
    Guarded<kr::Int32> order(x.size());
    for (auto& v : x) v = static_cast<float>(numbers.below(12) - 6);
    if (n % 7 == 4) x[1] = nan, x[2] = -inf;
    kr::sort(rows, n, static_cast<const float*>(x.data()), y.data());
    kr::argsort(rows, n, static_cast<const float*>(x.data()), order.data());
    for (Size r = 0; r < rows; ++r) {
      const float* row = x.data() + r * n;
      std::vector<int> expected(static_cast<size_t>(n));
      std::iota(expected.begin(), expected.end(), 0);
      std::sort(expected.begin(), expected.end(), [&](int a, int b) { return less(row[a], row[b]) || (!less(row[b], row[a]) && a < b); });
      bool good = y.intact() && order.intact();
      for (Size i = 0; i < n; ++i) {
        const float want = row[expected[static_cast<size_t>(i)]], got = y[static_cast<size_t>(r * n + i)];
        good = good && order[static_cast<size_t>(r * n + i)] == expected[static_cast<size_t>(i)] && (got == want || (std::isnan(got) && std::isnan(want)));
      }
      CHECK(good);
      for (Size k : {Size{1}, std::min<Size>(n, 5), n}) {
        Guarded<float> values(static_cast<size_t>(k));
        Guarded<kr::Int32> indices(static_cast<size_t>(k));
        kr::bottom_k(1, n, k, row, values.data(), indices.data());
        CHECK((values.intact() && indices.intact()));
        CHECK(std::equal(indices.begin(), indices.end(), expected.begin()));
      }
      std::sort(expected.begin(), expected.end(), [&](int a, int b) { return less(row[b], row[a]) || (!less(row[a], row[b]) && a < b); });
      for (Size k : {Size{1}, std::min<Size>(n, 5), n}) {
        Guarded<float> values(static_cast<size_t>(k));
        Guarded<kr::Int32> indices(static_cast<size_t>(k));
        kr::top_k(1, n, k, row, values.data(), indices.data());
        CHECK((values.intact() && indices.intact()));
        CHECK(std::equal(indices.begin(), indices.end(), expected.begin()));
      }
    }
  }
}

TEST_CASE("sort in place, integers, and no rows") {
  kr::Int64 x[] = {3, -1, 2, 2};
  kr::sort(1, 4, static_cast<const kr::Int64*>(x), x);
  CHECK(std::vector<kr::Int64>(x, x + 4) == std::vector<kr::Int64>{-1, 2, 2, 3});
  kr::sort(0, 4, static_cast<const kr::Int64*>(x), x);
  kr::Int64 order[4];
  kr::argsort(1, 4, static_cast<const kr::Int64*>(x), order);
  CHECK(std::vector<kr::Int64>(order, order + 4) == std::vector<kr::Int64>{0, 1, 2, 3});
  double values[4];
  kr::Int64 indices[4];
  const double y[] = {1, 5, 5, 0, 7, 3, 5, 2};
  kr::top_k(2, 4, 2, y, values, indices);
  CHECK(std::vector<double>(values, values + 4) == std::vector<double>{5, 5, 7, 5});
  CHECK(std::vector<kr::Int64>(indices, indices + 4) == std::vector<kr::Int64>{1, 2, 0, 2});
}
