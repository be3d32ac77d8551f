#include "keratin/runtime/map.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "guarded.h"
#include "keratin/runtime/thread_pool.h"

using kr::Size;

namespace {

struct ScaleAdd {
  template <class V> auto operator()(V a, V b, V c) const { return kr::max(kr::Element<V>(0), a * b + c); }
};
struct Square {
  template <class V> auto operator()(V a) const { return a * a; }
};
struct Gelu {
  template <class V> auto operator()(V x) const { return x * kr::Element<V>(0.5) * (kr::erf(x * kr::Element<V>(0.70710678118654752)) + kr::Element<V>(1)); }
};

struct Adam {   // writes over what it reads
  template <class M, class W, class V> void operator()(M mean, W weight, V m, V w, V g, V rate) const {
    const V moved = m + (g - m) * kr::Element<V>(0.5);
    mean = moved;
    weight = w - moved * rate;
  }
};
struct Compare {
  template <class R1, class R2, class A, class B> void operator()(R1 less, R2 sum, A a, B b) const {
    less = kr::cast<float>(a) < b;
    sum = b + kr::cast<float>(a);
  }
};

struct Pick {
  template <class V, class M> auto operator()(M first, V x, M second) const {
    using T = kr::Element<V>;
    return kr::select(kr::logical_and(first, second), x, T(-1)) + kr::select(x < T(0), x, T(0));
  }
};

}  // namespace

TEMPLATE_TEST_CASE("map over every row length, contiguous, broadcast and strided operands", "", float, double) {
  using T = TestType;
  Numbers numbers;
  for (Size n = 1; n <= 70; ++n) {
    const Size rows = 3;
    const auto count = static_cast<size_t>(rows * n);
    Guarded<T> a(count), b(rows), c(static_cast<size_t>(2 * (rows * n - 1) + 1)), y(count), z(count);
    numbers.fill(a);
    numbers.fill(b);
    numbers.fill(c);
    kr::map<2>({rows, n}, ScaleAdd{}, kr::out<1>(y.data(), {n, 1}), kr::in<1>(a.data(), {n, 1}), kr::in<0>(b.data(), {1, 0}),
               kr::in<kr::strided>(c.data(), {2 * n, 2}));
    kr::map<2>({rows, n}, ScaleAdd{}, kr::out<kr::strided>(z.data(), {1, rows}), kr::in<1>(a.data(), {n, 1}), kr::in<0>(b.data(), {1, 0}),
               kr::in<kr::strided>(c.data(), {2 * n, 2}));
    CHECK(y.intact());
    CHECK(z.intact());
    bool good = true;
    for (Size i = 0; i < rows; ++i) {
      for (Size j = 0; j < n; ++j) {
        const double exact = std::max(0.0, static_cast<double>(a[size_t(i * n + j)]) * b[size_t(i)] + c[size_t(2 * (i * n + j))]);
        const double error = std::fabs(y[size_t(i * n + j)] - exact);
        good = good && error <= 2 * std::numeric_limits<T>::epsilon() && z[size_t(j * rows + i)] == y[size_t(i * n + j)];
      }
    }
    CHECK(good);
  }
}

TEST_CASE("an element's bits do not depend on its place in the row") {
  constexpr Size kMany = 203;
  Guarded<float> x(kMany), y(kMany), one(1);
  Numbers numbers(7);
  numbers.fill(x, 4);
  kr::map<1>({kMany}, Gelu{}, kr::out<1>(y.data(), {1}), kr::in<1>(x.data(), {1}));
  bool same = true;
  for (size_t i = 0; i < kMany; ++i) {
    kr::map<1>({1}, Gelu{}, kr::out<1>(one.data(), {1}), kr::in<1>(x.data() + i, {1}));
    same = same && kr::bits_as<kr::Int32>(one[0]) == kr::bits_as<kr::Int32>(y[i]);
  }
  CHECK(same);
  kr::ThreadPool pool(3);
  std::vector<float> many(100003), serial(many.size()), threaded(many.size());
  numbers.fill(many, 3);
  const auto size = static_cast<Size>(many.size());
  kr::map<1>({size}, Gelu{}, kr::out<1>(serial.data(), {1}), kr::in<1>(many.data(), {1}));
  kr::map<1>(&pool, {size}, Gelu{}, kr::out<1>(threaded.data(), {1}), kr::in<1>(many.data(), {1}));
  CHECK(serial == threaded);
}

TEMPLATE_TEST_CASE("map_all computes several results in one pass, over its operands too, with the bits of every thread count", "", float, double) {
  using T = TestType;
  Numbers numbers(5);
  kr::ThreadPool pool(3);
  for (const Size n : {Size(1), Size(7), Size(16), Size(61), Size(40001)}) {
    const auto count = static_cast<size_t>(2 * n);
    Guarded<T> m(count), w(count), g(count), rate(2);
    numbers.fill(m);
    numbers.fill(w);
    numbers.fill(g);
    numbers.fill(rate);
    std::vector<T> expected_m, expected_w;
    for (size_t i = 0; i < count; ++i) {
      expected_m.push_back(m[i] + (g[i] - m[i]) * T(0.5));
      expected_w.push_back(w[i] - expected_m[i] * rate[i / static_cast<size_t>(n)]);
    }
    Guarded<T> m_3(count), w_3(count);
    std::copy_n(m.data(), count, m_3.data());
    std::copy_n(w.data(), count, w_3.data());
    kr::map_all<2>({2, n}, Adam{}, kr::out<1>(m.data(), {n, 1}), kr::out<1>(w.data(), {n, 1}), kr::in<1>(m.data(), {n, 1}), kr::in<1>(w.data(), {n, 1}),
                   kr::in<1>(g.data(), {n, 1}), kr::in<0>(rate.data(), {1, 0}));
    kr::map_all<2>(&pool, {2, n}, Adam{}, kr::out<1>(m_3.data(), {n, 1}), kr::out<1>(w_3.data(), {n, 1}), kr::in<1>(m_3.data(), {n, 1}), kr::in<1>(w_3.data(), {n, 1}),
                   kr::in<1>(g.data(), {n, 1}), kr::in<0>(rate.data(), {1, 0}));
    bool good = m.intact() && w.intact() && m_3.intact() && w_3.intact(), same = true;
    for (size_t i = 0; i < count; ++i) {
      good = good && std::fabs(m[i] - expected_m[i]) <= 4 * std::numeric_limits<T>::epsilon() && std::fabs(w[i] - expected_w[i]) <= 8 * std::numeric_limits<T>::epsilon();
      same = same && m[i] == m_3[i] && w[i] == w_3[i];
    }
    CHECK(good);
    CHECK(same);
  }
}

TEST_CASE("map_scalar_all gives results of several types") {
  const int a[] = {3, -2, 5};
  const float b[] = {2.5f, -1, 9};
  bool less[3] = {};
  float sum[5] = {};
  kr::map_scalar_all<1>({3}, Compare{}, kr::out<1>(less, {1}), kr::out<kr::strided>(sum, {2}), kr::in<1>(a, {1}), kr::in<1>(b, {1}));
  CHECK((!less[0] && less[1] && less[2]));
  CHECK((sum[0] == 5.5f && sum[1] == 0 && sum[2] == -3 && sum[4] == 14));
}

TEST_CASE("map in place, of higher rank and of nothing") {
  std::vector<float> x(2 * 3 * 4 * 5);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  kr::map<4>({2, 3, 4, 5}, Square{}, kr::out<1>(x.data(), {60, 20, 5, 1}), kr::in<1>(x.data(), {60, 20, 5, 1}));
  for (size_t i = 0; i < x.size(); ++i) CHECK(x[i] == static_cast<float>(i * i));
  std::vector<float> y(2);
  kr::map<8>({1, 1, 1, 2, 1, 1, 1, 1}, Square{}, kr::out<1>(y.data(), {0, 0, 0, 1, 0, 0, 0, 1}), kr::in<1>(x.data() + 2, {0, 0, 0, 1, 0, 0, 0, 1}));
  CHECK(y == std::vector<float>{16, 81});
  const float* nothing = nullptr;
  kr::map<2>({0, 4}, Square{}, kr::out<1>(static_cast<float*>(nullptr), {4, 1}), kr::in<0>(nothing, {0, 0}));
  kr::map<2>({4, 0}, Square{}, kr::out<1>(static_cast<float*>(nullptr), {0, 1}), kr::in<0>(nothing, {0, 0}));
}

TEMPLATE_TEST_CASE("map reads booleans beside numbers as masks, however they lie", "", float, double) {
  using T = TestType;
  Numbers numbers;
  for (kr::Size n = 0; n <= 67; ++n) {
    Guarded<T> x(static_cast<size_t>(2 * n)), y(x.size());
    Guarded<bool> near(x.size()), apart(static_cast<size_t>(6 * n));
    numbers.fill(x);
    for (auto& b : near) b = numbers.below(2) > 0;
    for (auto& b : apart) b = numbers.below(2) > 0;
    const bool rows[] = {true, false};
    const auto check = [&](auto seen) {
      int wrong = 0;
      for (kr::Size r = 0; r < 2; ++r) {
        for (kr::Size i = 0; i < n; ++i) {
          const T v = x[static_cast<size_t>(r * n + i)];
          wrong += y[static_cast<size_t>(r * n + i)] != (near[static_cast<size_t>(r * n + i)] && seen(r, i) ? v : T(-1)) + (v < T(0) ? v : T(0));
        }
      }
      INFO("n " << n);
      CHECK(wrong == 0);
      CHECK(y.intact());
    };
    const auto run = [&](auto second) { kr::map<2>({2, n}, Pick{}, kr::out<1>(y.data(), {n, 1}), kr::in<1>(near.data(), {n, 1}), kr::in<1>(x.data(), {n, 1}), second); };
    run(kr::in<0>(static_cast<const bool*>(rows), {1, 0}));
    check([&](kr::Size r, kr::Size) { return rows[r]; });
    run(kr::in<kr::strided>(static_cast<const bool*>(apart.data()), {3 * n, 3}));
    check([&](kr::Size r, kr::Size i) { return apart[static_cast<size_t>(3 * (r * n + i))]; });
  }
}

TEST_CASE("map_scalar mixes types and casts the result") {
  const float a[] = {1.5f, -2.5f, 3.f, 0.f, 1e20f};
  const kr::Int64 b[] = {2, 2, -5, 0, 1};
  const bool m[] = {true, false, true, true, true};
  kr::Int32 sums[5];
  bool greater[5];
  kr::Int64 chosen[5];
  kr::map_scalar<1>({5}, [](float x, kr::Int64 i) { return x + static_cast<float>(i); }, kr::out<1>(sums, {1}), kr::in<1>(a, {1}), kr::in<1>(b, {1}));
  CHECK(std::vector<int>(sums, sums + 5) == std::vector<int>{3, 0, -2, 0, std::numeric_limits<int>::min()});
  kr::map_scalar<1>({5}, [](float x, kr::Int64 i) { return x > static_cast<float>(i); }, kr::out<1>(greater, {1}), kr::in<1>(a, {1}), kr::in<1>(b, {1}));
  CHECK(std::vector<bool>(greater, greater + 5) == std::vector<bool>{false, false, true, false, true});
  kr::map_scalar<1>({5}, [](bool on, kr::Int64 i, kr::Int64 zero) { return kr::select(on, i, zero); }, kr::out<kr::strided>(chosen, {1}), kr::in<1>(m, {1}),
                    kr::in<kr::strided>(b, {1}), kr::in<0>(b + 3, {0}));
  CHECK(std::vector<kr::Int64>(chosen, chosen + 5) == std::vector<kr::Int64>{2, 0, -5, 0, 1});
  kr::ThreadPool pool(2);
  std::vector<int> many(40000);
  const int one = 1;
  kr::map_scalar<2>(&pool, {200, 200}, [](int x) { return x + 1; }, kr::out<1>(many.data(), {200, 1}), kr::in<0>(&one, {0, 0}));
  CHECK(many == std::vector<int>(40000, 2));
}
