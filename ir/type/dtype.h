// Element types of tensors, with Keras's names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace keratin {

enum class DType : uint8_t { boolean, int8, uint8, int16, uint16, int32, uint32, int64, uint64, float16, bfloat16, float32, float64, string };

/// `float32`, `bool`, `int64`, ...: the name Keras and numpy use.
std::string_view name_of(DType dtype);
std::optional<DType> dtype_named(std::string_view name);

/// Bytes of one element in a file or an array; 0 for strings.
size_t size_of(DType dtype);

constexpr bool is_float(DType dtype) {
  return dtype == DType::float16 || dtype == DType::bfloat16 || dtype == DType::float32 || dtype == DType::float64;
}
constexpr bool is_integer(DType dtype) { return dtype >= DType::int8 && dtype <= DType::uint64; }
constexpr bool is_signed(DType dtype) {
  return dtype == DType::int8 || dtype == DType::int16 || dtype == DType::int32 || dtype == DType::int64 || is_float(dtype);
}

/// IEEE half precision: round to nearest even, overflow to infinity, subnormals kept.
uint16_t to_half(float value);
float from_half(uint16_t bits);
uint16_t to_bfloat16(float value);
float from_bfloat16(uint16_t bits);

}  // namespace keratin
