// Tensor: a concrete array of the reference evaluator. Slow and obvious: floats are kept in double, everything else in 64-bit integers.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/type/type.h"

namespace keratin::ir {

struct Tensor {
  DType dtype = DType::float32;
  std::vector<int64_t> shape;
  std::vector<double> floats;     // used where is_float(dtype); already rounded to dtype unless the evaluation is in double
  std::vector<int64_t> integers;  // booleans and integers

  Tensor() = default;
  Tensor(DType type, std::vector<int64_t> extents);

  int64_t count() const;
  int rank() const { return static_cast<int>(shape.size()); }
  double number(int64_t index) const { return is_float(dtype) ? floats[static_cast<size_t>(index)] : static_cast<double>(integers[static_cast<size_t>(index)]); }
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
