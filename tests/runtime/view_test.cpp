#include "keratin/runtime/model.h"

#include <array>
#include <catch2/catch.hpp>
#include <type_traits>
#include <vector>

using kr::View;

namespace {

kr::Size rows_of(View<const float, kr::any, 2, 3> x) { return x.valid() ? x.rows() : -1; }

}  // namespace

TEST_CASE("views from pointers, containers, arrays and writable views") {
  std::vector<float> data{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const View<float, kr::any, 2, 3> x(data.data(), 2);
  CHECK((x.rows() == 2 && x.extent(1) == 2 && x.extent(2) == 3 && x.size() == 12));
  CHECK(x(1, 0, 2) == 8);
  CHECK(x[1][1](0) == 9);
  CHECK(x[0][1][2] == 5);
  x(0, 0, 0) = 42;
  CHECK(data[0] == 42);
  CHECK(x.block(1, 1)(0, 1, 2) == 11);
  CHECK(rows_of(x) == 2);
  CHECK(rows_of(data) == 2);
  CHECK(rows_of(std::array<float, 6>{}) == 1);
  CHECK(rows_of({data.data(), 1}) == 1);
  CHECK(rows_of(std::vector<float>(7)) == -1);
  const std::vector<float> constant(6);
  CHECK(rows_of(constant) == 1);
  const View<float, 3, 4> fixed = data.data();
  CHECK((fixed(2, 3) == 11 && View<const float, 3, 4>(fixed)(2, 3) == 11));
  const View<float, 2, kr::any, kr::any> open(data.data(), 3, 2);
  CHECK(open(1, 2, 1) == 11);
  static_assert(!std::is_convertible_v<View<const float, kr::any, 2>, View<float, kr::any, 2>>, "a readable view is not writable");
  static_assert(!std::is_convertible_v<View<float, kr::any, 6>, View<float, kr::any, 2, 3>>, "shapes do not change silently");
  static_assert(!std::is_convertible_v<std::vector<double>&, View<float, kr::any, 2>>, "neither do types");
  static_assert(!std::is_constructible_v<View<float, kr::any, 2>, float*>, "the free extent must be given");
  static_assert(std::is_trivially_copyable_v<View<float, kr::any>>);
}

TEST_CASE("batches are compared") {
  std::vector<float> data(12);
  std::vector<kr::Int32> ids(4);
  const View<float, kr::any, 3> x(data), y(data.data(), 3), none;
  CHECK(kr::same_batch(x, View<kr::Int32, kr::any>(ids)));
  CHECK(kr::same_batch(x, y).code == kr::StatusCode::wrong_batch);
  CHECK(kr::same_batch(x, none).code == kr::StatusCode::wrong_shape);
  CHECK(kr::all_present(x, y));
  CHECK(kr::all_present(x, none).code == kr::StatusCode::wrong_shape);
  CHECK(kr::same_batch(View<float, kr::any, 5>(data)).code == kr::StatusCode::wrong_shape);
  CHECK_FALSE(kr::same_batch(x, View<float, kr::any, 3>(data.data(), -4)));
}

TEST_CASE("arrays are plain aligned data") {
  kr::Array<float, 2, 3> a = {{1, 2, 3, 4, 5, 6}}, b = a;
  b(1, 2) = 9;
  CHECK((a(1, 2) == 6 && b(1, 2) == 9 && a.size() == 6 && a.extent(1) == 3));
  CHECK(rows_of(a) == 1);
  CHECK(kr::Array<float, 2, 3>(a).view()(0, 1) == 2);
  kr::Array<double> scalar = {{2.5}};
  scalar() += 1;
  CHECK((scalar() == 3.5 && scalar.size() == 1));
  static_assert(alignof(kr::Array<float, 3>) == 64 && std::is_trivially_copyable_v<kr::Array<float, 3>>);
}

TEST_CASE("status converts to bool and carries its text") {
  constexpr kr::Status good, bad(kr::StatusCode::io_error, "cannot open");
  CHECK(good);
  CHECK_FALSE(bad);
  CHECK(std::string(bad.message) == "cannot open");
  CHECK(kr::aligned_bytes(65) == 128);
  CHECK(kr::misalignment(reinterpret_cast<const void*>(0x1001)) == 63);
}
