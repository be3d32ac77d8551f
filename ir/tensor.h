// Tensor: a concrete array of the reference evaluator. Slow and obvious: floats are kept in double, everything else in 64-bit integers.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "ir/type/type.h"

namespace keratin::ir {

/// One element, exactly.
struct Number {
  double real = 0;      // of floats
  int64_t integer = 0;  // of booleans and integers; uint64 by its bits
  Number() = default;
  Number(DType dtype, double value);
  /// The same bits: zeros of either sign differ, NaN is itself.
  bool operator==(const Number& other) const { return std::bit_cast<int64_t>(real) == std::bit_cast<int64_t>(other.real) && integer == other.integer; }
};

struct Tensor {
  DType dtype = DType::float32;
  std::vector<int64_t> shape;
  std::vector<double> floats;     // used where is_float(dtype); already rounded to dtype unless the evaluation is in double
  std::vector<int64_t> integers;  // booleans and integers; uint64 by its bits

  Tensor() = default;
  Tensor(DType type, std::vector<int64_t> extents);

  int64_t count() const;
  int rank() const { return static_cast<int>(shape.size()); }
  /// Element `index` in row-major order as a double, whatever the dtype.
  double number(int64_t index) const;
  Number element(int64_t index) const;
  bool operator==(const Tensor&) const = default;
};

using Tensors = std::vector<Tensor>;

/// A scalar.
Tensor scalar(DType dtype, double value);
/// Elements between neighbours along each axis of a dense row-major array.
std::vector<int64_t> row_major_strides(const std::vector<int64_t>& shape);
int64_t count_of(const std::vector<int64_t>& shape);

/// The value as it is after storing it as `dtype`: float32 and half rounding, saturation to infinity.
double round_to(DType dtype, double value);
/// The integer as it is after storing it as `dtype`: wraps around; bool is 0 or 1.
int64_t wrap_to(DType dtype, int64_t value);

/// The integer that a number becomes when it is cast to `dtype`: towards zero; outside the range the nearest bound, NaN 0.
/// bool is `value != 0`.
int64_t integer_from(DType dtype, double value);
/// The integer as a double; `dtype` says how its bits are meant.
double number_from(DType dtype, int64_t value);
/// a < b as integers of `dtype`.
inline bool integer_less(DType dtype, int64_t a, int64_t b) {
  return dtype == DType::uint64 ? static_cast<uint64_t>(a) < static_cast<uint64_t>(b) : a < b;
}
/// The bounds of a bool or integer dtype.
int64_t lowest_integer(DType dtype);
int64_t highest_integer(DType dtype);

/// Calls `f(index in the output order, coordinates)` for every element in row-major order.
template <class F>
void for_each_coordinate(const std::vector<int64_t>& shape, F&& f) {
  std::vector<int64_t> at(shape.size(), 0);
  const int64_t total = count_of(shape);
  for (int64_t i = 0; i < total; ++i) {
    f(i, at);
    for (size_t axis = shape.size(); axis-- > 0;) {
      if (++at[axis] < shape[axis]) break;
      at[axis] = 0;
    }
  }
}

}  // namespace keratin::ir
