#include "ir/ops/window.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ir/ops/conv_geometry.h"
#include "ir/tensor.h"

namespace keratin::ir {

Result<Type> window_type(const Window& window, const Type& operand) {
  const size_t rank = operand.shape.dims.size();
  if (window.size.size() != rank || window.strides.size() != rank || window.pad_low.size() != rank || window.pad_high.size() != rank)
    return Error{fmt::format("a window of {} axes with {} strides, {} low and {} high paddings on an operand of {} axes",
                             window.size.size(), window.strides.size(),
                             window.pad_low.size(), window.pad_high.size(), rank)};
  if (!is_float(operand.dtype) && !is_integer(operand.dtype)) return Error{fmt::format("takes numbers, not {}", name_of(operand.dtype))};
  Shape shape;
  for (size_t i = 0; i < rank; ++i) {
    if (window.size[i] < 1 || window.strides[i] < 1)
      return Error{fmt::format("the window ({}) with strides ({}) must be positive", fmt::join(window.size, ", "),
                               fmt::join(window.strides, ", "))};
    if (window.pad_low[i] < 0 || window.pad_high[i] < 0)
      return Error{fmt::format("padding is ({}) before and ({}) after, must not be negative", fmt::join(window.pad_low, ", "),
                               fmt::join(window.pad_high, ", "))};
    const Result<Dim> positions = window_positions(operand.shape.dims[i], window.size[i], window.strides[i], window.pad_low[i],
                                                   window.pad_high[i]);
    if (!positions) return Error{fmt::format("axis {}: {}", i, positions.error())};
    shape.dims.push_back(*positions);
  }
  return Type{operand.dtype, shape};
}

void for_each_window(const Window& window, const std::vector<int64_t>& operand, const std::vector<int64_t>& output,
                     const std::function<void(int64_t, const std::vector<int64_t>&)>& f) {
  const std::vector<int64_t> strides = row_major_strides(operand);
  std::vector<int64_t> cells;
  for_each_coordinate(output, [&](int64_t position, const std::vector<int64_t>& at) {
    cells.clear();
    for_each_coordinate(window.size, [&](int64_t, const std::vector<int64_t>& in_window) {
      int64_t offset = 0;
      for (size_t axis = 0; axis < at.size(); ++axis) {
        const int64_t index = at[axis] * window.strides[axis] + in_window[axis] - window.pad_low[axis];
        if (index < 0 || index >= operand[axis]) return;
        offset += index * strides[axis];
      }
      cells.push_back(offset);
    });
    f(position, cells);
  });
}

std::string to_string(const Window& window) {
  return fmt::format("{} size=({}) strides=({}) low=({}) high=({})", window.kind == Window::Kind::max ? "max" : "sum",
                     fmt::join(window.size, ","),
                     fmt::join(window.strides, ","), fmt::join(window.pad_low, ","), fmt::join(window.pad_high, ","));
}

}  // namespace keratin::ir
