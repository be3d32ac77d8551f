#include "ir/tensor.h"

#include <cmath>

namespace keratin::ir {

int64_t count_of(const std::vector<int64_t>& shape) {
  int64_t product = 1;
  for (int64_t extent : shape) product *= extent;
  return product;
}

Tensor::Tensor(DType type, std::vector<int64_t> extents) : dtype(type), shape(std::move(extents)) {
  const size_t total = static_cast<size_t>(count_of(shape));
  if (is_float(dtype))
    floats.resize(total);
  else
    integers.resize(total);
}

int64_t Tensor::count() const { return count_of(shape); }

double Tensor::number(int64_t index) const {
  const size_t i = static_cast<size_t>(index);
  return is_float(dtype) ? floats[i] : number_from(dtype, integers[i]);
}

Number Tensor::element(int64_t index) const {
  Number number;
  if (is_float(dtype)) number.real = floats[static_cast<size_t>(index)];
  else number.integer = integers[static_cast<size_t>(index)];
  return number;
}

Number::Number(DType dtype, double value) {
  if (is_float(dtype)) real = round_to(dtype, value);
  else integer = wrap_to(dtype, value >= 0x1p63 ? static_cast<int64_t>(static_cast<uint64_t>(value)) : static_cast<int64_t>(value));
}

Tensor scalar(DType dtype, double value) {
  const Number number(dtype, value);
  Tensor tensor(dtype, {});
  if (is_float(dtype)) tensor.floats[0] = number.real;
  else tensor.integers[0] = number.integer;
  return tensor;
}

std::vector<int64_t> row_major_strides(const std::vector<int64_t>& shape) {
  std::vector<int64_t> strides(shape.size());
  int64_t step = 1;
  for (size_t axis = shape.size(); axis-- > 0;) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

double round_to(DType dtype, double value) {
  switch (dtype) {
    case DType::float32: return static_cast<double>(static_cast<float>(value));
    case DType::float16: return from_half(to_half(static_cast<float>(value)));
    case DType::bfloat16: return from_bfloat16(to_bfloat16(static_cast<float>(value)));
    default: return value;
  }
}

int64_t wrap_to(DType dtype, int64_t value) {
  switch (dtype) {
    case DType::boolean: return value != 0;
    case DType::int8: return static_cast<int8_t>(value);
    case DType::uint8: return static_cast<uint8_t>(value);
    case DType::int16: return static_cast<int16_t>(value);
    case DType::uint16: return static_cast<uint16_t>(value);
    case DType::int32: return static_cast<int32_t>(value);
    case DType::uint32: return static_cast<uint32_t>(value);
    default: return value;
  }
}

double number_from(DType dtype, int64_t value) {
  return dtype == DType::uint64 ? static_cast<double>(static_cast<uint64_t>(value)) : static_cast<double>(value);
}

int64_t lowest_integer(DType dtype) {
  return is_signed(dtype) ? -(int64_t{1} << (8 * size_of(dtype) - 2)) * 2 : 0;
}

int64_t highest_integer(DType dtype) {
  if (dtype == DType::boolean) return 1;
  if (dtype == DType::uint64) return -1;  // all bits
  return is_signed(dtype) ? -(lowest_integer(dtype) + 1) : (int64_t{1} << (8 * size_of(dtype))) - 1;
}

int64_t integer_from(DType dtype, double value) {
  if (dtype == DType::boolean) return value != 0;
  if (std::isnan(value)) return 0;
  const double whole = std::trunc(value);
  if (whole <= number_from(dtype, lowest_integer(dtype))) return lowest_integer(dtype);
  if (whole >= number_from(dtype, highest_integer(dtype))) return highest_integer(dtype);
  return dtype == DType::uint64 ? static_cast<int64_t>(static_cast<uint64_t>(whole)) : static_cast<int64_t>(whole);
}

}  // namespace keratin::ir
