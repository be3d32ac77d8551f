#include "compiler/data/array.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

namespace keratin {
namespace {

TEST_CASE("element counts are bounded") {
  CHECK(element_count(std::vector<int64_t>{}) == 1);
  CHECK(element_count(std::vector<int64_t>{3, 4}) == 12);
  CHECK(element_count(std::vector<int64_t>{int64_t{1} << 40, int64_t{1} << 40, 0}) == 0);
  CHECK_FALSE(element_count(std::vector<int64_t>{int64_t{1} << 40, int64_t{1} << 40}));
  CHECK_FALSE(element_count(std::vector<int64_t>{-1, 2}));
  CHECK(shape_text(std::vector<int64_t>{3}) == "(3,)");
  CHECK(shape_text(std::vector<int64_t>{3, 4}) == "(3, 4)");
}

TEST_CASE("arrays convert between types") {
  const Array floats = Array::of<float>({2, 2}, {1.5f, -2.75f, 0.0f, 300.0f});
  CHECK(floats.as<double>() == std::vector<double>{1.5, -2.75, 0, 300});
  CHECK(floats.as<int64_t>() == std::vector<int64_t>{1, -2, 0, 300});
  CHECK(floats.as<uint8_t>() == std::vector<uint8_t>{1, 0, 0, 255});
  CHECK(floats.to(DType::boolean) == Array::of<bool>({2, 2}, {true, true, false, true}));
  CHECK(floats.to(DType::float16).to(DType::float32) == floats);
  CHECK(floats.to(DType::float64).to(DType::float32) == floats);
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  CHECK(Array::of<float>({3}, {nan, infinity, -infinity}).as<int32_t>() == std::vector<int32_t>{0, INT32_MAX, INT32_MIN});
  CHECK(Array::of<double>({2}, {1e30, -1e30}).as<int64_t>() == std::vector<int64_t>{INT64_MAX, INT64_MIN});
  CHECK(Array::of<uint64_t>({1}, {UINT64_MAX}).as<double>() == std::vector<double>{18446744073709551616.0});
  CHECK(Array::of<int64_t>({1}, {-1}).to(DType::uint8) == Array::of<uint8_t>({1}, {255}));
}

TEST_CASE("16-bit floats are rounded once") {
  // Just above the middle of two halves by less than a float can say: rounding to float first would meet the tie.
  const double above_tie = 1.0 + std::ldexp(1.0, -11) + std::ldexp(1.0, -40);
  CHECK(Array::of<double>({1}, {above_tie}).to(DType::float16).as<double>()[0] == 1.0 + std::ldexp(1.0, -10));
  CHECK(Array::of<double>({1}, {-above_tie}).to(DType::float16).as<double>()[0] == -1.0 - std::ldexp(1.0, -10));
  CHECK(Array::of<double>({1}, {1.0 + std::ldexp(1.0, -11)}).to(DType::float16).as<double>()[0] == 1.0);
  const double above_bfloat_tie = 1.0 + std::ldexp(1.0, -8) + std::ldexp(1.0, -40);
  CHECK(Array::of<double>({1}, {above_bfloat_tie}).to(DType::bfloat16).as<double>()[0] == 1.0 + std::ldexp(1.0, -7));
  CHECK(std::isinf(Array::of<double>({1}, {1e300}).to(DType::float16).as<double>()[0]));
  CHECK(std::isnan(Array::of<double>({1}, {std::nan("")}).to(DType::bfloat16).as<double>()[0]));
  for (uint32_t bits = 0; bits < 0x7c00; ++bits) CHECK(to_half(from_half(static_cast<uint16_t>(bits))) == bits);
}

TEST_CASE("the storage type is checked") {
  const Array array = Array::zeros(DType::int32, {2});
  CHECK(array.data<int32_t>().size() == 2);
  CHECK_THROWS_AS(array.data<float>(), InternalError);
  CHECK_THROWS_AS(array.data<int64_t>(), InternalError);
  CHECK_THROWS_AS(Array::zeros(DType::string, {2}).as<float>(), InternalError);
  CHECK_THROWS_AS(Array::of<float>({3}, {1.0f}), InternalError);
}

}  // namespace
}  // namespace keratin
