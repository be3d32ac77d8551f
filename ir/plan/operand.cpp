// Operands and expressions: questions about them.
#include <algorithm>
#include <array>

#include "ir/plan/planner.h"

namespace keratin::ir {

DType storage(DType dtype) { return dtype == DType::float16 || dtype == DType::bfloat16 ? DType::float32 : dtype; }

Dim Buffer::bytes() const {
  Dim total(static_cast<int64_t>(size_of(storage(dtype))));
  for (Dim dim : shape.dims) {
    const std::optional<Dim> next = product(total, dim);
    if (!next) throw PlanError{"an intermediate result grows with the square of the batch, which is not supported"};
    total = *next;
  }
  return total;
}

std::optional<std::vector<Dim>> row_major_strides(const Shape& shape) {
  std::vector<Dim> strides(shape.dims.size());
  Dim step(1);
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    strides[static_cast<size_t>(axis)] = step;
    if (axis == 0) break;
    const std::optional<Dim> next = product(step, shape[axis]);
    if (!next) return std::nullopt;
    step = *next;
  }
  return strides;
}

bool Operand::dense_inside(int from_axis) const {
  Dim step(1);
  for (int axis = shape.rank() - 1; axis >= from_axis; --axis) {
    if (!shape[axis].is_one() && strides[static_cast<size_t>(axis)] != step) return false;
    if (axis == from_axis) break;
    const std::optional<Dim> next = product(step, shape[axis]);
    if (!next) return false;
    step = *next;
  }
  return true;
}

std::optional<int64_t> Operand::row_stride() const {
  const int last = shape.rank() - 1;
  if (last < 0 || !shape[last].is_static() || (!shape[last].is_one() && strides.back() != Dim(1))) return std::nullopt;
  std::optional<int64_t> row;
  Dim rows(1);  // of the axes behind the one looked at
  for (int axis = last - 1; axis >= 0; --axis) {
    if (shape[axis].is_one()) continue;
    const Dim stride = strides[static_cast<size_t>(axis)];
    if (!row) {
      if (!stride.is_static()) return std::nullopt;
      row = stride.size;
    } else if (stride != rows * *row) {
      return std::nullopt;
    }
    if (axis == 0) break;
    const std::optional<Dim> next = product(rows, shape[axis]);
    if (!next) return std::nullopt;
    rows = *next;
  }
  if (row && *row < shape[last].size) return std::nullopt;  // the same row again, or backwards
  return row.value_or(shape[last].size);
}

bool Operand::dense() const { return dense_inside(0); }

bool Expression::vectorizable() const {
  static constexpr std::array kScalarOnly = {"bit_and", "bit_or", "bit_xor", "shift_left", "shift_right", "asin", "acos", "atan", "sinh", "cosh", "atan2"};
  if (nodes.empty()) return true;
  const DType dtype = storage(results.empty() ? nodes.back().dtype : nodes[static_cast<size_t>(results[0])].dtype);
  if (dtype != DType::float32 && dtype != DType::float64) return false;
  const auto is_number = [&](const Node& node) { return node.leaf >= 0 && storage(node.dtype) == dtype; };
  if (leaves > 0 && std::none_of(nodes.begin(), nodes.end(), is_number)) return false;  // nothing says how wide a vector is
  for (int result : results)
    if (storage(nodes[static_cast<size_t>(result)].dtype) != dtype) return false;
  for (const Node& node : nodes) {
    if (storage(node.dtype) != dtype && node.dtype != DType::boolean) return false;
    if (node.dtype == DType::boolean && node.function == "constant") return false;
    if (std::find(kScalarOnly.begin(), kScalarOnly.end(), node.function) != kScalarOnly.end()) return false;
  }
  return true;
}

}  // namespace keratin::ir
