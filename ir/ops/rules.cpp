#include "ir/ops/rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ir/eval.h"

namespace keratin::ir {

std::optional<Error> check_axis(int axis, const Shape& shape) {
  if (axis >= 0 && axis < shape.rank()) return std::nullopt;
  if (shape.rank() == 0) return Error{fmt::format("axis {}, the operand is a scalar", axis)};
  return Error{fmt::format("axis {} is outside 0..{} of {}", axis, shape.rank() - 1, to_string(shape))};
}

std::optional<Error> check_axes(const std::vector<int>& axes, const Shape& shape) {
  for (size_t i = 0; i < axes.size(); ++i) {
    if (auto error = check_axis(axes[i], shape)) return error;
    if (i > 0 && axes[i] <= axes[i - 1]) return Error{fmt::format("axes ({}) are not sorted and different", fmt::join(axes, ", "))};
  }
  return std::nullopt;
}

std::optional<Error> check_equal(std::string_view what, const Type& a, const Type& b) {
  if (a == b) return std::nullopt;
  return Error{fmt::format("{} takes operands of one type, not {} and {}", what, to_string(a), to_string(b))};
}

void round_all(const Evaluator& evaluator, Tensor& tensor) {
  if (tensor.dtype == DType::float64 || (tensor.dtype == DType::float32 && evaluator.in_double())) return;
  if (tensor.dtype == DType::float32) {
    for (double& value : tensor.floats) value = static_cast<double>(static_cast<float>(value));
  } else {
    for (double& value : tensor.floats) value = evaluator.round(tensor.dtype, value);
  }
}

int64_t count_between(const std::vector<int64_t>& shape, int first, int last) {
  int64_t product = 1;
  for (int axis = first; axis < last; ++axis) product *= shape[static_cast<size_t>(axis)];
  return product;
}

Blocks blocks_around(const std::vector<int64_t>& shape, int axis) {
  return {count_between(shape, 0, axis), shape[static_cast<size_t>(axis)], count_between(shape, axis + 1, static_cast<int>(shape.size()))};
}

void copy_strided(const std::vector<int64_t>& shape, const Tensor& from, const Strided& source, Tensor& to, const Strided& target) {
  const int64_t extent = shape.empty() ? 1 : shape.back();
  const int64_t read_step = shape.empty() ? 0 : source.strides.back();
  const int64_t write_step = shape.empty() ? 0 : target.strides.back();
  const auto copy = [&](const auto& values, auto& results) {
    for_each_row(shape, source.strides, target.strides, [&](int64_t read, int64_t write) {
      read += source.start;
      write += target.start;
      for (int64_t i = 0; i < extent; ++i, read += read_step, write += write_step)
        results[static_cast<size_t>(write)] = values[static_cast<size_t>(read)];
    });
  };
  is_float(to.dtype) ? copy(from.floats, to.floats) : copy(from.integers, to.integers);
}

}  // namespace keratin::ir
