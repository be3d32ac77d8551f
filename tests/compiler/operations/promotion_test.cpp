#include "compiler/operations/promotion.h"

#include <array>
#include <catch2/catch.hpp>

namespace keratin {

namespace {

DType of(OperandType a, OperandType b) { return result_type(std::array{a, b}); }

}  // namespace

TEST_CASE("types are promoted by Keras's lattice") {
  using enum DType;
  CHECK(of({int32}, {float16}) == float16);
  CHECK(of({int64}, {float32}) == float32);
  CHECK(of({uint8}, {int8}) == int16);
  CHECK(of({uint32}, {int32}) == int64);
  CHECK(of({uint64}, {int8}) == float32);
  CHECK(of({float16}, {bfloat16}) == float32);
  CHECK(of({float32}, {float64}) == float64);
  CHECK(of({boolean}, {uint8}) == uint8);
  CHECK(of({boolean}, {boolean}) == boolean);
}

TEST_CASE("Python's numbers are weak") {
  using enum DType;
  CHECK(of({float16}, kWeakFloat) == float16);
  CHECK(of({uint8}, kWeakInt) == uint8);
  CHECK(of({int8}, kWeakFloat) == float32);
  CHECK(of({boolean}, kWeakInt) == int32);
  CHECK(of(kWeakInt, kWeakInt) == int32);
  CHECK(of(kWeakInt, kWeakFloat) == float32);
  CHECK(result_type({}) == float32);
}

}  // namespace keratin
