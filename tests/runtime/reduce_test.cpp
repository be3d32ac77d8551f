#include "keratin/runtime/reduce.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "guarded.h"
#include "keratin/runtime/arg_reduce.h"
#include "keratin/runtime/thread_pool.h"

using kr::Size;

namespace {

struct Square {
  template <class V> V operator()(V x) const { return x * x; }
};
struct Halve {
  template <class V> V operator()(V x) const { return x * kr::Element<V>(0.5); }
};
struct SquaredDistance {
  template <class V> V operator()(V x, V mean) const { return (x - mean) * (x - mean); }
};

template <class T> void check_all_sizes() {
  Numbers numbers;
  for (Size inner = 1; inner <= 70; ++inner) {
    for (Size reduced : {Size{1}, Size{2}, Size{7}, inner == 5 || inner == 33 ? Size{777} : Size{49}}) {
      const Size outer = 2;
      Guarded<T> x(static_cast<size_t>(outer * reduced * inner)), sums(static_cast<size_t>(outer * inner)), rows(sums.size()), largest(sums.size());
      Guarded<T> turned(x.size()), slow(sums.size());
      numbers.fill(x);
      for (Size o = 0; o < outer; ++o) {
        for (Size r = 0; r < reduced; ++r) {
          for (Size i = 0; i < inner; ++i) turned[size_t((o * inner + i) * reduced + r)] = x[size_t((o * reduced + r) * inner + i)];
        }
      }
      kr::reduce<kr::Sum>({outer, reduced, inner}, Square{}, Halve{}, kr::out<1>(sums.data(), {inner, 1}), kr::in<1>(x.data(), {reduced * inner, inner, 1}));
      kr::reduce<kr::Sum>({outer, reduced, inner}, Square{}, Halve{}, kr::out<kr::strided>(slow.data(), {inner, 1}),
                          kr::in<kr::strided>(turned.data(), {reduced * inner, 1, reduced}));
      kr::reduce_rows<kr::Sum>({outer * inner, reduced}, Square{}, Halve{}, kr::out<1>(rows.data(), {1}), kr::in<1>(turned.data(), {reduced, 1}));
      kr::reduce<kr::Max>({outer, reduced, inner}, kr::Identity{}, kr::Identity{}, kr::out<1>(largest.data(), {inner, 1}),
                          kr::in<1>(x.data(), {reduced * inner, inner, 1}));
      bool good = sums.intact() && rows.intact() && slow.intact() && largest.intact();
      for (Size k = 0; k < outer * inner; ++k) {
        double sum = 0, top = -1e300;
        for (Size r = 0; r < reduced; ++r) {
          const double v = turned[size_t(k * reduced + r)];
          sum += v * v;
          top = std::max(top, v);
        }
        const double limit = 4e1 * static_cast<double>(std::numeric_limits<T>::epsilon()) * sum * 0.5;
        good = good && std::fabs(sums[size_t(k)] - sum * 0.5) <= limit && std::fabs(rows[size_t(k)] - sum * 0.5) <= limit;
        good = good && std::fabs(slow[size_t(k)] - sum * 0.5) <= limit && largest[size_t(k)] == static_cast<T>(top);
      }
      INFO(inner << " " << reduced);
      CHECK(good);
    }
  }
}

}  // namespace

TEST_CASE("reductions of every width, float") { check_all_sizes<float>(); }
TEST_CASE("reductions of every width, double") { check_all_sizes<double>(); }

TEST_CASE("long sums keep their accuracy") {
  const Size n = 3000001;
  std::vector<float> x(static_cast<size_t>(n), 0.1f);
  float row = 0, column = 0;
  kr::reduce_rows<kr::Sum>({1, n}, kr::Identity{}, kr::Identity{}, kr::out<1>(&row, {1}), kr::in<1>(x.data(), {n, 1}));
  kr::reduce<kr::Sum>({1, n, 1}, kr::Identity{}, kr::Identity{}, kr::out<1>(&column, {1, 1}), kr::in<1>(x.data(), {n, 1, 1}));
  const double exact = static_cast<double>(n) * static_cast<double>(0.1f);
  CHECK(std::fabs(row - exact) <= 1e-6 * exact);
  CHECK(std::fabs(column - exact) <= 1e-6 * exact);
  std::vector<float> sums(64);
  kr::reduce<kr::Sum>({1, n / 64, 64}, kr::Identity{}, kr::Identity{}, kr::out<1>(sums.data(), {64, 1}), kr::in<1>(x.data(), {n, 64, 1}));
  for (float s : sums) CHECK(std::fabs(s - static_cast<double>(n / 64) * static_cast<double>(0.1f)) <= 1e-6 * exact / 64);
}

TEST_CASE("operands that do not move along the reduced axis, and several of them") {
  const Size n = 100, c = 21;
  Guarded<float> x(static_cast<size_t>(n * c)), mean(static_cast<size_t>(c)), variance(static_cast<size_t>(c)), weights(static_cast<size_t>(n));
  Numbers numbers;
  numbers.fill(x);
  numbers.fill(mean);
  numbers.fill(weights);
  kr::reduce<kr::Sum>({1, n, c}, SquaredDistance{}, kr::Identity{}, kr::out<1>(variance.data(), {c, 1}), kr::in<1>(x.data(), {0, c, 1}),
                      kr::in<1>(mean.data(), {0, 0, 1}));
  Guarded<float> weighted(static_cast<size_t>(c));
  auto product = [](auto a, auto w) { return a * w; };
  kr::reduce<kr::Sum>({1, n, c}, product, kr::Identity{}, kr::out<1>(weighted.data(), {c, 1}), kr::in<1>(x.data(), {0, c, 1}),
                      kr::in<0>(weights.data(), {0, 1, 0}));
  for (Size i = 0; i < c; ++i) {
    double exact = 0, other = 0;
    for (Size r = 0; r < n; ++r) {
      exact += std::pow(double{x[size_t(r * c + i)]} - mean[size_t(i)], 2);
      other += double{x[size_t(r * c + i)]} * weights[size_t(r)];
    }
    CHECK(variance[size_t(i)] == Approx(exact).epsilon(1e-5));
    CHECK(weighted[size_t(i)] == Approx(other).margin(1e-5));
  }
}

TEST_CASE("not a number wins in max and min") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (Size where = 0; where < 40; ++where) {
    std::vector<float> x(40, 1.f);
    x[static_cast<size_t>(where)] = nan;
    float row = 0, column = 0;
    kr::reduce_rows<kr::Max>({1, 40}, kr::Identity{}, kr::Identity{}, kr::out<1>(&row, {1}), kr::in<1>(x.data(), {40, 1}));
    kr::reduce<kr::Min>({1, 40, 1}, kr::Identity{}, kr::Identity{}, kr::out<1>(&column, {1, 1}), kr::in<1>(x.data(), {40, 1, 1}));
    CHECK(std::isnan(row));
    CHECK(std::isnan(column));
  }
}

TEST_CASE("reductions of integers and booleans") {
  const kr::Int32 x[] = {3, -4, 5, 7, 0, -9};   // [2][3]
  const bool b[] = {true, false, true, true, true, true};
  kr::Int32 sums[3], rows[2], top[3];
  bool any[2], all[2];
  float mean[2];
  kr::Int64 count[2];
  kr::reduce<kr::Sum>({1, 2, 3}, kr::Identity{}, kr::Identity{}, kr::out<1>(sums, {3, 1}), kr::in<1>(x, {6, 3, 1}));
  kr::reduce<kr::Max>({1, 2, 3}, kr::Identity{}, kr::Identity{}, kr::out<1>(top, {3, 1}), kr::in<1>(x, {6, 3, 1}));
  kr::reduce_rows<kr::Prod>({2, 3}, kr::Identity{}, kr::Identity{}, kr::out<1>(rows, {1}), kr::in<1>(x, {3, 1}));
  kr::reduce_rows<kr::Any>({2, 3}, kr::Identity{}, kr::Identity{}, kr::out<1>(any, {1}), kr::in<1>(x, {3, 1}));
  kr::reduce_rows<kr::All>({2, 3}, kr::Identity{}, kr::Identity{}, kr::out<1>(all, {1}), kr::in<1>(b, {3, 1}));
  kr::reduce_rows<kr::Sum>({2, 3}, kr::Identity{}, kr::Identity{}, kr::out<1>(count, {1}), kr::in<1>(b, {3, 1}));
  kr::reduce_rows<kr::Sum>({2, 3}, kr::Identity{}, [](float s) { return s / 3; }, kr::out<1>(mean, {1}), kr::in<1>(x, {3, 1}));
  CHECK(std::vector<int>(sums, sums + 3) == std::vector<int>{10, -4, -4});
  CHECK(std::vector<int>(top, top + 3) == std::vector<int>{7, 0, 5});
  CHECK(std::vector<int>(rows, rows + 2) == std::vector<int>{-60, 0});
  CHECK((any[0] && any[1] && !all[0] && all[1]));
  CHECK((count[0] == 2 && count[1] == 3));
  CHECK((mean[0] == 4.f / 3 && mean[1] == -2.f / 3));
}

TEST_CASE("an empty reduction gives the neutral element") {
  float y = 5;
  const float* none = nullptr;
  kr::reduce_rows<kr::Sum>({1, 0}, kr::Identity{}, kr::Identity{}, kr::out<1>(&y, {1}), kr::in<1>(none, {0, 1}));
  CHECK(y == 0);
  kr::reduce<kr::Max>({1, 0, 1}, kr::Identity{}, kr::Identity{}, kr::out<1>(&y, {1, 1}), kr::in<1>(none, {0, 1, 1}));
  CHECK(y == -std::numeric_limits<float>::infinity());
}

TEST_CASE("reductions give the same bits for any number of threads") {
  const Size n = 6, r = 300, c = 100;
  std::vector<float> x(static_cast<size_t>(n * r * c)), a(static_cast<size_t>(n * c)), b(a.size()), d(static_cast<size_t>(n * r)), e(d.size());
  Numbers numbers;
  numbers.fill(x);
  kr::ThreadPool pool(3);
  kr::reduce<kr::Sum>({n, r, c}, Square{}, kr::Identity{}, kr::out<1>(a.data(), {c, 1}), kr::in<1>(x.data(), {r * c, c, 1}));
  kr::reduce<kr::Sum>(&pool, {n, r, c}, Square{}, kr::Identity{}, kr::out<1>(b.data(), {c, 1}), kr::in<1>(x.data(), {r * c, c, 1}));
  CHECK(a == b);
  kr::reduce_rows<kr::Sum>({n * r, c}, Square{}, kr::Identity{}, kr::out<1>(d.data(), {1}), kr::in<1>(x.data(), {c, 1}));
  kr::reduce_rows<kr::Sum>(&pool, {n * r, c}, Square{}, kr::Identity{}, kr::out<1>(e.data(), {1}), kr::in<1>(x.data(), {c, 1}));
  CHECK(d == e);
}

TEST_CASE("arg-max and arg-min take the first of equals and the first NaN") {
  Numbers numbers(3);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (Size n = 1; n <= 70; ++n) {
    const Size c = 19;
    std::vector<float> x(static_cast<size_t>(n * c)), turned(x.size());
    for (auto& v : x) v = static_cast<float>(numbers.below(7));
    if (n % 10 == 3) x[static_cast<size_t>(numbers.below(static_cast<int>(x.size())))] = nan;
    if (n % 20 == 3) x.back() = nan;
    for (Size r = 0; r < n; ++r) {
      for (Size i = 0; i < c; ++i) turned[size_t(i * n + r)] = x[size_t(r * c + i)];
    }
    Guarded<kr::Int32> a(static_cast<size_t>(c)), b(static_cast<size_t>(c));
    Guarded<kr::Int64> d(static_cast<size_t>(c));
    kr::arg_reduce<kr::ArgMax>({1, n, c}, kr::out<1>(a.data(), {c, 1}), kr::in<1>(x.data(), {n * c, c, 1}));
    kr::arg_reduce<kr::ArgMax>({c, n, 1}, kr::out<1>(b.data(), {1, 1}), kr::in<kr::strided>(turned.data(), {n, 1, 1}));
    kr::arg_reduce<kr::ArgMin>({1, n, c}, kr::out<1>(d.data(), {c, 1}), kr::in<1>(x.data(), {n * c, c, 1}));
    bool good = a.intact() && b.intact() && d.intact();
    for (Size i = 0; i < c; ++i) {
      Size top = 0, bottom = 0;
      auto at = [&](Size r) { return x[size_t(r * c + i)]; };
      for (Size r = 1; r < n; ++r) {
        if (!std::isnan(at(top)) && (at(r) > at(top) || std::isnan(at(r)))) top = r;
        if (!std::isnan(at(bottom)) && (at(r) < at(bottom) || std::isnan(at(r)))) bottom = r;
      }
      good = good && a[size_t(i)] == top && b[size_t(i)] == top && d[size_t(i)] == bottom;
    }
    INFO(n);
    CHECK(good);
  }
  const kr::Int32 x[] = {4, 9, 9, 1};
  kr::Int64 y = -1;
  kr::arg_reduce<kr::ArgMax>({1, 4, 1}, kr::out<1>(&y, {1, 1}), kr::in<1>(x, {4, 1, 1}));
  CHECK(y == 1);
  kr::arg_reduce<kr::ArgMin>({1, 2, 1}, kr::out<1>(&y, {1, 1}), kr::in<1>(x, {4, 3, 1}));
  CHECK(y == 1);
}
