#include "keratin/runtime/gather.h"

#include <catch2/catch.hpp>
#include <vector>

#include "guarded.h"

using kr::Size;
using kr::StatusCode;

TEST_CASE("gather along an axis, rows of every length") {
  for (Size inner = 1; inner <= 70; ++inner) {
    const Size outer = 2, size = 5, count = 7;
    Guarded<float> x(static_cast<size_t>(outer * size * inner)), y(static_cast<size_t>(outer * count * inner));
    Numbers numbers;
    numbers.fill(x);
    const kr::Int32 shared[] = {0, 4, -1, 2, 2, -5, 1};
    const kr::Int64 own[] = {0, 1, 2, 3, 4, 0, 1, 4, 3, 2, 1, 0, 4, 3};
    const float same[] = {0, 4, 4, 2, 2, 0, 1};
    auto expect = [&](auto index) {
      bool good = y.intact();
      for (Size o = 0; o < outer; ++o) {
        for (Size k = 0; k < count; ++k) {
          for (Size i = 0; i < inner; ++i) good = good && y[size_t((o * count + k) * inner + i)] == x[size_t((o * size + index(o, k)) * inner + i)];
        }
      }
      CHECK(good);
    };
    CHECK(kr::gather(outer, size, inner, count, static_cast<const float*>(x.data()), shared, 0, y.data()));
    expect([&](Size, Size k) { return (shared[k] + size) % size; });
    CHECK(kr::gather(outer, size, inner, count, static_cast<const float*>(x.data()), own, count, y.data()));
    expect([&](Size o, Size k) { return own[o * count + k]; });
    CHECK(kr::gather<kr::Negative::refused>(outer, size, inner, count, static_cast<const float*>(x.data()), same, 0, y.data()));
    expect([&](Size, Size k) { return static_cast<Size>(same[k]); });
  }
}

TEST_CASE("indices out of range are refused and nothing is written") {
  const float x[] = {1, 2, 3};
  float y[2] = {-1, -1};
  const kr::Int32 high[] = {0, 3}, low[] = {-4, 0}, negative[] = {-1, 0};
  const float huge[] = {1e30f, 0};
  CHECK(kr::gather(1, 3, 1, 2, x, high, 0, y).code == StatusCode::index_out_of_range);
  CHECK(kr::gather(1, 3, 1, 2, x, low, 0, y).code == StatusCode::index_out_of_range);
  CHECK(kr::gather(1, 3, 1, 2, x, huge, 0, y).code == StatusCode::index_out_of_range);
  CHECK(kr::gather<kr::Negative::refused>(1, 3, 1, 2, x, negative, 0, y).code == StatusCode::index_out_of_range);
  CHECK(kr::scatter_add(1, 2, 1, 2, x, high, 0, y).code == StatusCode::index_out_of_range);
  CHECK(kr::take_along(1, 3, 1, 2, x, high, y).code == StatusCode::index_out_of_range);
  CHECK(kr::scatter_add_along(1, 2, 1, 2, x, high, y).code == StatusCode::index_out_of_range);
  CHECK((y[0] == -1 && y[1] == -1));
  CHECK(kr::gather(1, 3, 1, 2, x, negative, 0, y));
  CHECK((y[0] == 3 && y[1] == 1));
}

TEST_CASE("scatter_add sums repeated indices and keeps the rest") {
  for (Size inner : {1, 3, 4, 16, 21}) {
    std::vector<double> y(static_cast<size_t>(2 * 4 * inner), 10), x(static_cast<size_t>(2 * 3 * inner));
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i + 1);
    const kr::Int32 indices[] = {2, -1, 2};
    CHECK(kr::scatter_add(2, 4, inner, 3, x.data(), indices, 0, y.data()));
    for (Size o = 0; o < 2; ++o) {
      for (Size i = 0; i < inner; ++i) {
        auto at = [&](Size k) { return x[size_t((o * 3 + k) * inner + i)]; };
        auto sum = [&](Size r) { return y[size_t((o * 4 + r) * inner + i)]; };
        CHECK((sum(0) == 10 && sum(1) == 10 && sum(2) == 10 + at(0) + at(2) && sum(3) == 10 + at(1)));
      }
    }
  }
}

TEST_CASE("slices in a row share their indices") {
  const float x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};   // [4][3]
  const kr::Int32 indices[] = {2, 0, 1, 1};                     // [2][2]
  float y[8], sums[12] = {};
  CHECK(kr::gather(4, 3, 1, 2, x, indices, 2, y, 2));
  CHECK(std::vector<float>(y, y + 8) == std::vector<float>{3, 1, 6, 4, 8, 8, 11, 11});
  CHECK(kr::scatter_add(4, 3, 1, 2, static_cast<const float*>(y), indices, 2, sums, 2));
  CHECK(std::vector<float>(sums, sums + 12) == std::vector<float>{1, 0, 3, 4, 0, 6, 0, 16, 0, 0, 22, 0});
  const kr::Int32 bad[] = {2, 0, 1, 3};
  CHECK(kr::gather(4, 3, 1, 2, x, bad, 2, y, 2).code == StatusCode::index_out_of_range);
}

TEST_CASE("take_along and its sum") {
  const float x[] = {1, 2, 3, 4, 5, 6};   // [3][2]
  const kr::Int64 indices[] = {2, 0, -3, 1};   // [2][2]
  float y[4];
  CHECK(kr::take_along(1, 3, 2, 2, x, indices, y));
  CHECK(std::vector<float>(y, y + 4) == std::vector<float>{5, 2, 1, 4});
  float back[6] = {};
  CHECK(kr::scatter_add_along(1, 3, 2, 2, static_cast<const float*>(y), indices, back));
  CHECK(std::vector<float>(back, back + 6) == std::vector<float>{1, 2, 0, 4, 5, 0});
}

TEST_CASE("one_hot") {
  const kr::Int32 indices[] = {1, 0, 5, -1, 2};
  float y[15];
  kr::one_hot(5, 3, indices, y);
  CHECK(std::vector<float>(y, y + 15) == std::vector<float>{0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
}
