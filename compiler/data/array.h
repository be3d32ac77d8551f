// Array: a dense array as files hold it. What models, weights and data are read into and written from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "ir/support/check.h"
#include "ir/type/dtype.h"

namespace keratin {

/// Product of the extents; nullopt where one is negative or the product does not fit 62 bits.
std::optional<int64_t> element_count(std::span<const int64_t> shape);

/// `(3, 4)`, `(3,)`, `()`: as Python prints it.
std::string shape_text(std::span<const int64_t> shape);

/// Row-major, in the byte order of this machine. Elements are stored as: bool one byte, 0 or 1; float16 and bfloat16 their bits in a
/// uint16_t; string not in `bytes` but, as UTF-8, in `strings`.
struct Array {
  DType dtype = DType::float32;
  std::vector<int64_t> shape;
  std::vector<std::byte> bytes;
  std::vector<std::string> strings;

  /// Zeros, false or empty strings. The shape must have an element count.
  static Array zeros(DType dtype, std::vector<int64_t> shape);
  /// An array of float, double, (u)int8 to (u)int64 or bool; there must be as many values as the shape says.
  template <class T>
  static Array of(std::vector<int64_t> shape, const std::vector<T>& values);
  static Array of_strings(std::vector<int64_t> shape, std::vector<std::string> values);

  int64_t count() const;
  int rank() const { return static_cast<int>(shape.size()); }

  /// The elements as they are stored; T must be the dtype's storage type.
  template <class T>
  std::span<T> data() {
    check_storage(sizeof(T), std::is_floating_point_v<T>);
    return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
  template <class T>
  std::span<const T> data() const {
    check_storage(sizeof(T), std::is_floating_point_v<T>);
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }

  /// The elements as numbers of another type (float, double, (u)int8 to (u)int64): floats become integers towards zero, saturating, NaN 0.
  /// Must not be strings.
  template <class T>
  std::vector<T> as() const;
  /// The same numbers as another dtype; to bool: what is not zero; to 16-bit floats: rounded once, to nearest even. No strings.
  Array to(DType target) const;

  bool operator==(const Array&) const = default;

 private:
  void check_storage(size_t size, bool floating) const;
};

/// The dtype that stores a C++ type.
template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, bool>) return DType::boolean;
  else if constexpr (std::is_same_v<T, float>) return DType::float32;
  else if constexpr (std::is_same_v<T, double>) return DType::float64;
  else if constexpr (std::is_same_v<T, int8_t>) return DType::int8;
  else if constexpr (std::is_same_v<T, uint8_t>) return DType::uint8;
  else if constexpr (std::is_same_v<T, int16_t>) return DType::int16;
  else if constexpr (std::is_same_v<T, uint16_t>) return DType::uint16;
  else if constexpr (std::is_same_v<T, int32_t>) return DType::int32;
  else if constexpr (std::is_same_v<T, uint32_t>) return DType::uint32;
  else if constexpr (std::is_same_v<T, int64_t>) return DType::int64;
  else {
    static_assert(std::is_same_v<T, uint64_t>, "no dtype stores this type");
    return DType::uint64;
  }
}

template <class T>
Array Array::of(std::vector<int64_t> shape, const std::vector<T>& values) {
  Array array = zeros(dtype_of<T>(), std::move(shape));
  IR_CHECK(array.count() == static_cast<int64_t>(values.size()), "values do not fill the shape");
  using Stored = std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>;
  const std::span<Stored> out = array.data<Stored>();
  for (size_t i = 0; i < values.size(); ++i) out[i] = values[i];
  return array;
}

}  // namespace keratin
