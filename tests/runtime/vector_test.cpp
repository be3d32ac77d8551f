#include "keratin/runtime/vector.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "guarded.h"

using kr::Vec;

namespace {

template <class T, int L> void check_parts() {
  for (int count = 0; count <= L; ++count) {
    Guarded<T> from(static_cast<size_t>(count)), to(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) from[static_cast<size_t>(i)] = static_cast<T>(i + 1);
    const auto v = kr::load_part<L>(static_cast<const T*>(from.data()), count);
    for (int i = 0; i < L; ++i) CHECK(v[i] == (i < count ? static_cast<T>(i + 1) : T{}));
    kr::store_part(to.data(), v, count);
    for (int i = 0; i < count; ++i) CHECK(to[static_cast<size_t>(i)] == static_cast<T>(i + 1));
    CHECK(to.intact());
  }
}

template <class T, int L> void check_lanes() {
  if constexpr (L <= kr::kLanes<T>) {
    using V = Vec<T, L>;
    const T nan = std::numeric_limits<T>::quiet_NaN(), inf = std::numeric_limits<T>::infinity();
    check_parts<T, L>();
    const V v = kr::iota<V>();
    CHECK(kr::sum(v) == static_cast<T>(L * (L - 1) / 2));
    const V negative = -v, root = kr::sqrt(v), larger = kr::max(T(2), v), smaller = kr::min(v, T(2));
    const V magnitude = kr::abs(negative), chosen = kr::select(v > T(1), v, T(-1)), constant = kr::select(v > T(1), T(3), T(4));
    const V signs = kr::copy_sign(v, kr::splat<L>(T(-0.0))), zero = kr::splat<L>(T(-0.0));
    for (int i = 0; i < L; ++i) {
      CHECK(magnitude[i] == static_cast<T>(i));
      CHECK(root[i] == std::sqrt(static_cast<T>(i)));
      CHECK(larger[i] == static_cast<T>(i > 2 ? i : 2));
      CHECK(smaller[i] == static_cast<T>(i < 2 ? i : 2));
      CHECK(chosen[i] == static_cast<T>(i > 1 ? i : -1));
      CHECK(constant[i] == static_cast<T>(i > 1 ? 3 : 4));
      CHECK(std::signbit(static_cast<T>(signs[i])));
      CHECK(std::signbit(static_cast<T>(zero[i])));
    }
    const V nans = kr::splat<L>(nan), infs = kr::splat<L>(inf);
    CHECK(std::isnan(static_cast<T>(kr::max(T(0), nans)[0])));
    CHECK(kr::max(nans, infs)[0] == inf);
    CHECK(std::isnan(static_cast<T>(kr::max_nan(nans, infs)[0])));
    CHECK(std::isnan(static_cast<T>(kr::min_nan(infs, nans)[0])));
    CHECK(std::isnan(static_cast<T>(kr::sqrt(-infs)[0])));
    CHECK(kr::any_lane(v > T(L - 2)));
    CHECK_FALSE(kr::any_lane(v > T(L)));
    CHECK_FALSE(kr::any_lane(kr::logical_not(v >= T(0))));
    const auto ints = kr::convert<kr::Int32>(v + T(0.75));
    CHECK(static_cast<int>(ints[L - 1]) == L - 1);
  }
}

}  // namespace

TEST_CASE("vectors of every width") {
  check_lanes<float, 2>();
  check_lanes<float, 4>();
  check_lanes<float, 8>();
  check_lanes<float, 16>();
  check_lanes<double, 2>();
  check_lanes<double, 4>();
  check_lanes<double, 8>();
}

TEST_CASE("integer vectors load and store parts") {
  check_parts<kr::Int32, 4>();
  check_parts<kr::Int32, kr::kLanes<kr::Int32>>();
  check_parts<kr::Int64, kr::kLanes<kr::Int64>>();
  check_parts<kr::UInt8, kr::kLanes<kr::UInt8>>();
  check_parts<kr::Int16, kr::kLanes<kr::Int16>>();
}

TEST_CASE("finite numbers, infinities and what is no number") {
  const float inf = std::numeric_limits<float>::infinity(), values[] = {-1, inf, -inf, std::numeric_limits<float>::quiet_NaN()};
  const Vec<float, 4> v = kr::load<4>(values);
  const auto finite = kr::is_finite(v), infinite = kr::is_inf(v);
  for (int i = 0; i < 4; ++i) {
    CHECK((finite[i] != 0) == std::isfinite(values[i]));
    CHECK((infinite[i] != 0) == std::isinf(values[i]));
    CHECK(kr::is_finite(values[i]) == std::isfinite(values[i]));
    CHECK(kr::is_inf(values[i]) == std::isinf(values[i]));
  }
  CHECK(kr::is_finite(3));
  CHECK_FALSE(kr::is_inf(3));
}

TEST_CASE("scalars take the same functions") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(kr::max(1.f, 2.f) == 2.f);
  CHECK(kr::min(1, 2) == 1);
  CHECK(std::isnan(kr::max(0.f, nan)));
  CHECK(std::isnan(kr::min_nan(nan, 0.f)));
  CHECK(kr::abs(-3.0) == 3.0);
  CHECK(kr::abs(-3) == 3);
  CHECK(kr::sqrt(9.f) == 3.f);
  CHECK(kr::select(true, 1.f, 2.f) == 1.f);
  CHECK(kr::logical_not(false));
  CHECK_FALSE(kr::logical_xor(true, true));
  CHECK(kr::sum(3.5) == 3.5);
  CHECK(kr::broadcast<float>(2.f) == 2.f);
  CHECK(kr::copy_sign(3.f, -0.f) == -3.f);
  CHECK(kr::convert<int>(2.9f) == 2);
}
