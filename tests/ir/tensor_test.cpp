#include "ir/tensor.h"

#include <catch2/catch.hpp>
#include <limits>

#include "tests/ir/samples.h"

namespace keratin::ir::test {

TEST_CASE("bounds of integer dtypes") {
  CHECK(lowest_integer(DType::int8) == -128);
  CHECK(highest_integer(DType::int8) == 127);
  CHECK(lowest_integer(DType::int64) == INT64_MIN);
  CHECK(highest_integer(DType::int64) == INT64_MAX);
  CHECK(lowest_integer(DType::uint32) == 0);
  CHECK(highest_integer(DType::uint32) == 4294967295);
  CHECK(number_from(DType::uint64, highest_integer(DType::uint64)) == 0x1p64);
  CHECK(lowest_integer(DType::boolean) == 0);
  CHECK(highest_integer(DType::boolean) == 1);
}

TEST_CASE("integers from numbers") {
  CHECK(integer_from(DType::int32, -2.9) == -2);
  CHECK(integer_from(DType::int32, std::numeric_limits<double>::quiet_NaN()) == 0);
  CHECK(integer_from(DType::uint8, -3) == 0);
  CHECK(integer_from(DType::uint8, 256) == 255);
  CHECK(integer_from(DType::uint64, 0x1p63) == INT64_MIN);
  CHECK(integer_from(DType::boolean, 0.25) == 1);
}

TEST_CASE("scalars and elements") {
  CHECK(scalar(DType::uint64, 0x1p63).number(0) == 0x1p63);
  CHECK(scalar(DType::int8, -1).number(0) == -1);
  CHECK(scalar(DType::float16, 2049).number(0) == 2048);
  CHECK(scalar(DType::boolean, 1).number(0) == 1);
}

TEST_CASE("strides and coordinates") {
  CHECK(row_major_strides({2, 3, 4}) == std::vector<int64_t>{12, 4, 1});
  CHECK(count_of({}) == 1);
  CHECK(count_of({2, 0}) == 0);
  std::vector<std::vector<int64_t>> visited;
  for_each_coordinate({2, 2}, [&](int64_t, const std::vector<int64_t>& at) { visited.push_back(at); });
  CHECK(visited == std::vector<std::vector<int64_t>>{{0, 0}, {0, 1}, {1, 0}, {1, 1}});
}

}  // namespace keratin::ir::test
