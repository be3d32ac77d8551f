// Shape manipulations that several operations share.
#pragma once

#include <string_view>
#include <vector>

#include "compiler/operations/arguments.h"

namespace keratin {

/// x with `axis` at the end and the others in order, and back.
Val axis_to_end(Val x, int axis);
Val axis_from_end(Val x, int axis);

/// x as one axis (row-major); its number of elements must be linear in the batch size.
Val flattened(Arguments& a, Val x);

/// The shape that `sizes` ask for, where None and -1 stand for what is left over.
std::optional<Shape> resolved_shape(Arguments& a, std::string_view name, Shape from, std::vector<std::optional<Dim>> sizes);

/// Elements start, start + step, ... before limit of an axis, as a Python slice means it: negative numbers count from the end, what lies outside is cut.
struct PythonSlice {
  std::optional<Dim> start, stop;
  int64_t step = 1;
};
Val python_slice(Arguments& a, std::string_view name, Val x, int axis, PythonSlice slice);

/// The element at `index` of an axis, which goes; negative ones count from the end.
Val python_index(Arguments& a, std::string_view name, Val x, int axis, Dim index);

/// x repeated to the shape (numpy.broadcast_to); a number in the batch's place fixes the number of examples.
Val broadcast_to(Arguments& a, std::string_view name, Val x, Shape shape);

/// The elements of two axes with equal numbers, along a new last axis; `offset` moves it to the right.
Val diagonal(Arguments& a, Val x, int axis1, int axis2, int64_t offset);

}  // namespace keratin
