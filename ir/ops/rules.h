// What the rules of several ops share.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "ir/support/result.h"
#include "ir/tensor.h"
#include "ir/type/type.h"

namespace keratin::ir {

class Evaluator;

constexpr bool is_number(DType dtype) { return is_float(dtype) || is_integer(dtype); }

/// Whether the dimension is at least 0 for every batch of one or more examples.
constexpr bool never_negative(Dim dim) { return dim.batch >= 0 && dim.batch + dim.size >= 0; }

/// The reason why `axis` is not one of the operand's, if so.
std::optional<Error> check_axis(int axis, const Shape& shape);
/// Likewise for several axes, which are sorted and different.
std::optional<Error> check_axes(const std::vector<int>& axes, const Shape& shape);
/// Operands of a pointwise op have one type: `add takes operands of one type, not float32[2] and int32[2]`.
std::optional<Error> check_equal(std::string_view what, const Type& a, const Type& b);

/// Rounds every element of a float tensor to what the evaluation keeps.
void round_all(const Evaluator& evaluator, Tensor& tensor);

/// An array seen as [outer][extent][inner] around one axis.
struct Blocks {
  int64_t outer, extent, inner;
};
Blocks blocks_around(const std::vector<int64_t>& shape, int axis);

/// Product of the extents of axes first..last-1.
int64_t count_between(const std::vector<int64_t>& shape, int first, int last);

/// Calls `f(offset in a, offset in b)` for the first element of every row (the last axis) of two arrays of this shape; strides in elements,
/// may be 0.
template <class F>
void for_each_row(const std::vector<int64_t>& shape, const std::vector<int64_t>& strides_a, const std::vector<int64_t>& strides_b, F&& f) {
  const std::vector<int64_t> outer(shape.begin(), shape.empty() ? shape.end() : shape.end() - 1);
  for_each_coordinate(outer, [&](int64_t, const std::vector<int64_t>& at) {
    int64_t a = 0, b = 0;
    for (size_t axis = 0; axis < at.size(); ++axis) {
      a += at[axis] * strides_a[axis];
      b += at[axis] * strides_b[axis];
    }
    f(a, b);
  });
}

/// A place in a tensor from where an array is read or written.
struct Strided {
  int64_t start;
  std::vector<int64_t> strides;  // in elements, one per axis; 0 repeats, negative goes backwards
};

/// Copies an array of `shape` element by element.
void copy_strided(const std::vector<int64_t>& shape, const Tensor& from, const Strided& source, Tensor& to, const Strided& target);

}  // namespace keratin::ir
