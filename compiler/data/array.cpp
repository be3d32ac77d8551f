#include "compiler/data/array.h"

#include <bit>
#include <cmath>
#include <limits>

namespace keratin {

std::optional<int64_t> element_count(std::span<const int64_t> shape) {
  constexpr int64_t kMax = int64_t{1} << 62;
  int64_t count = 1;
  bool empty = false;
  for (int64_t extent : shape) {
    if (extent < 0) return std::nullopt;
    empty = empty || extent == 0;
  }
  if (empty) return 0;
  for (int64_t extent : shape) {
    if (count > kMax / extent) return std::nullopt;
    count *= extent;
  }
  return count;
}

std::string shape_text(std::span<const int64_t> shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + (shape.size() == 1 ? ",)" : ")");
}

Array Array::zeros(DType dtype, std::vector<int64_t> shape) {
  const std::optional<int64_t> count = element_count(shape);
  IR_CHECK(count.has_value(), "shape without an element count");
  Array array;
  array.dtype = dtype;
  array.shape = std::move(shape);
  if (dtype == DType::string)
    array.strings.resize(static_cast<size_t>(*count));
  else
    array.bytes.resize(static_cast<size_t>(*count) * size_of(dtype));
  return array;
}

Array Array::of_strings(std::vector<int64_t> shape, std::vector<std::string> values) {
  IR_CHECK(element_count(shape) == static_cast<int64_t>(values.size()), "values do not fill the shape");
  Array array;
  array.dtype = DType::string;
  array.shape = std::move(shape);
  array.strings = std::move(values);
  return array;
}

int64_t Array::count() const {
  return dtype == DType::string ? static_cast<int64_t>(strings.size()) : static_cast<int64_t>(bytes.size() / size_of(dtype));
}

void Array::check_storage(size_t size, bool floating) const {
  IR_CHECK(dtype != DType::string, "strings have no bytes");
  IR_CHECK(size == size_of(dtype) && floating == (dtype == DType::float32 || dtype == DType::float64),
           "not the storage type of this array");
}

namespace {

/// The nearest float with its last bit set where the value is not a float: rounding it once more, to fewer bits, is then exact.
float round_to_odd(double value) {
  const float nearest = static_cast<float>(value);
  if (static_cast<double>(nearest) == value || std::isnan(value) || std::isinf(nearest)) return nearest;
  const bool above = std::fabs(static_cast<double>(nearest)) > std::fabs(value);
  const float truncated = above ? std::nextafterf(nearest, 0.0f) : nearest;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(truncated) | 1u);
}

template <class To, class From>
To convert(From value) {
  if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if (std::isnan(value)) return 0;
    // The limits as floats: the upper one is rounded up to a power of two, so that `>=` is right.
    if (value >= static_cast<From>(std::numeric_limits<To>::max())) return std::numeric_limits<To>::max();
    if (value <= static_cast<From>(std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
  }
  return static_cast<To>(value);
}

/// Calls f(value) for each element, as its storage type or, for 16-bit floats, as float.
template <class F>
void for_each_number(const Array& array, F&& f) {
  const auto run = [&]<class T>(T) {
    for (T value : array.data<T>()) f(value);
  };
  const auto run_half = [&](float (*decode)(uint16_t)) {
    for (uint16_t bits : array.data<uint16_t>()) f(decode(bits));
  };
  switch (array.dtype) {
    case DType::boolean:
    case DType::uint8: return run(uint8_t{});
    case DType::int8: return run(int8_t{});
    case DType::int16: return run(int16_t{});
    case DType::uint16: return run(uint16_t{});
    case DType::int32: return run(int32_t{});
    case DType::uint32: return run(uint32_t{});
    case DType::int64: return run(int64_t{});
    case DType::uint64: return run(uint64_t{});
    case DType::float16: return run_half(from_half);
    case DType::bfloat16: return run_half(from_bfloat16);
    case DType::float32: return run(float{});
    case DType::float64: return run(double{});
    case DType::string: break;
  }
  IR_CHECK(false, "strings are no numbers");
}

}  // namespace

template <class T>
std::vector<T> Array::as() const {
  std::vector<T> values;
  values.reserve(static_cast<size_t>(count()));
  for_each_number(*this, [&](auto value) { values.push_back(convert<T>(value)); });
  return values;
}

template std::vector<float> Array::as() const;
template std::vector<double> Array::as() const;
template std::vector<int8_t> Array::as() const;
template std::vector<uint8_t> Array::as() const;
template std::vector<int16_t> Array::as() const;
template std::vector<uint16_t> Array::as() const;
template std::vector<int32_t> Array::as() const;
template std::vector<uint32_t> Array::as() const;
template std::vector<int64_t> Array::as() const;
template std::vector<uint64_t> Array::as() const;

Array Array::to(DType target) const {
  IR_CHECK(dtype != DType::string && target != DType::string, "strings are no numbers");
  if (target == dtype) return *this;
  Array result = zeros(target, shape);
  const auto fill = [&]<class T>(T, auto&& cast) {
    T* out = reinterpret_cast<T*>(result.bytes.data());
    for_each_number(*this, [&](auto value) { *out++ = cast(value); });
  };
  const auto numbers = [&]<class T>(T zero) { fill(zero, [](auto value) { return convert<T>(value); }); };
  switch (target) {
    case DType::boolean: fill(uint8_t{}, [](auto value) { return static_cast<uint8_t>(value != 0); }); break;
    case DType::int8: numbers(int8_t{}); break;
    case DType::uint8: numbers(uint8_t{}); break;
    case DType::int16: numbers(int16_t{}); break;
    case DType::uint16: numbers(uint16_t{}); break;
    case DType::int32: numbers(int32_t{}); break;
    case DType::uint32: numbers(uint32_t{}); break;
    case DType::int64: numbers(int64_t{}); break;
    case DType::uint64: numbers(uint64_t{}); break;
    // An integer above 2^53 may be rounded twice; it is far outside of float16, and bfloat16 keeps 8 of its bits.
    case DType::float16: fill(uint16_t{}, [](auto value) { return to_half(round_to_odd(static_cast<double>(value))); }); break;
    case DType::bfloat16: fill(uint16_t{}, [](auto value) { return to_bfloat16(round_to_odd(static_cast<double>(value))); }); break;
    case DType::float32: numbers(float{}); break;
    case DType::float64: numbers(double{}); break;
    case DType::string: break;
  }
  return result;
}

}  // namespace keratin
