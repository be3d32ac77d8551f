#include "compiler/operations/moves.h"

#include <algorithm>
#include <fmt/format.h>

#include "ir/ops/rules.h"

namespace keratin {

using ir::never_negative;

Val axis_to_end(Val x, int axis) {
  if (x.poisoned()) return x;
  std::vector<int> order;
  for (int i = 0; i < x.rank(); ++i)
    if (i != axis) order.push_back(i);
  order.push_back(axis);
  return x.builder().transpose(x, order);
}

Val axis_from_end(Val x, int axis) {
  if (x.poisoned()) return x;
  std::vector<int> order;
  for (int i = 0; i < x.rank() - 1; ++i) order.push_back(i);
  order.insert(order.begin() + axis, x.rank() - 1);
  return x.builder().transpose(x, order);
}

namespace {

/// The product of the dimensions where it is linear in the batch size.
std::optional<Dim> linear_count(const Shape& shape) {
  const std::optional<ir::Count> count = shape.count();
  if (!count || count->coefficients.size() > 2) return std::nullopt;
  const auto at = [&](size_t i) { return i < count->coefficients.size() ? count->coefficients[i] : 0; };
  return Dim(at(1), at(0));
}

}  // namespace

Val flattened(Arguments& a, Val x) {
  if (x.poisoned()) return x;
  const std::optional<Dim> count = linear_count(x.shape());
  if (!count) return a.fail(fmt::format("{} cannot become one axis", ir::keras_shape(x.shape())));
  return a.b.reshape(x, {*count});
}

std::optional<Shape> resolved_shape(Arguments& a, std::string_view name, Shape from, std::vector<std::optional<Dim>> sizes) {
  std::vector<size_t> open;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] && sizes[i]->is_static() && sizes[i]->size == -1) sizes[i] = std::nullopt;
    if (!sizes[i]) open.push_back(i);
  }
  if (open.size() > 1 && open[0] == 0 && from.rank() > 0) {  // (None, -1, ...): the first one is the batch
    sizes[0] = from[0];
    open.erase(open.begin());
  }
  Shape shape;
  for (const std::optional<Dim>& size : sizes) shape.dims.push_back(size.value_or(Dim(1)));
  const auto wrong = [&]() -> std::optional<Shape> {
    std::string wanted;
    for (const std::optional<Dim>& size : sizes) wanted += fmt::format("{}{}", wanted.empty() ? "" : ", ", size ? ir::to_string(*size) : "-1");
    a.fail(name, fmt::format("{} cannot become ({})", ir::keras_shape(from), wanted));
    return std::nullopt;
  };
  if (open.size() > 1) return wrong();
  const std::optional<ir::Count> total = from.count(), known = shape.count();
  if (!total || !known) return wrong();
  if (open.empty()) {
    if (*total == *known) return shape;
    const std::optional<Dim> own = linear_count(from);
    if (own && shape.is_static() && a.fix_batch(*own, shape.static_count())) return std::nullopt;
    return wrong();
  }
  // total = known * rest with rest = c0 + c1 n: from the leading coefficients, then checked.
  if (known->coefficients.empty() || total->coefficients.empty()) return wrong();
  const size_t degree = known->coefficients.size() - 1;
  if (total->coefficients.size() - 1 < degree || total->coefficients.size() - 1 > degree + 1) return wrong();
  const int64_t lead = known->coefficients.back();
  int64_t rest[2] = {0, 0};
  std::vector<int64_t> left = total->coefficients;
  for (size_t i = total->coefficients.size() - degree; i-- > 0;) {
    rest[i] = left[i + degree] / lead;
    for (size_t j = 0; j <= degree; ++j) left[i + j] -= rest[i] * known->coefficients[j];
  }
  if (std::any_of(left.begin(), left.end(), [](int64_t value) { return value != 0; })) return wrong();
  shape[static_cast<int>(open[0])] = Dim(rest[1], rest[0]);
  return shape;
}

namespace {

/// A slice's bound as a place in 0..extent; nullopt where that depends on the number of examples.
std::optional<Dim> place(Dim bound, Dim extent) {
  if (bound.is_static() && bound.size < 0) bound = extent + bound;
  if (bound.is_static() && bound.size < 0) return Dim(0);
  if (!never_negative(bound)) return std::nullopt;
  if (never_negative(extent - bound)) return bound;
  return never_negative(bound - extent) ? std::optional(extent) : std::nullopt;
}

}  // namespace

Val python_slice(Arguments& a, std::string_view name, Val x, int axis, PythonSlice slice) {
  if (x.poisoned()) return x;
  if (slice.step == 0) return a.fail(name, "a slice's step is 0");
  const Dim extent = x.dim(axis);
  Dim start = 0, stop = extent;
  bool known = true;
  const auto placed = [&](Dim bound) {
    const std::optional<Dim> at = place(bound, extent);
    known = known && at.has_value();
    return at.value_or(Dim(0));
  };
  if (slice.step > 0) {
    if (slice.start) start = placed(*slice.start);
    if (slice.stop) stop = placed(*slice.stop);
  } else {  // backwards: the same elements of the reversed axis; place i is there extent - 1 - i
    if (slice.start) start = extent - placed(*slice.start + 1 == Dim(0) ? extent : *slice.start + 1);
    if (slice.stop) stop = extent - placed(*slice.stop + 1 == Dim(0) ? extent : *slice.stop + 1);
  }
  const Dim span = stop - start;
  if (span.is_static() && span.size < 0) stop = start;
  const int64_t step = slice.step < 0 ? -slice.step : slice.step;
  if (!known || !never_negative(stop - start) || (stop - start).batch % step != 0)
    return a.fail(name, fmt::format("this part of axis {} depends on the number of examples; fix it with --batch", axis));
  if (slice.step < 0) x = a.b.reverse(x, {axis});
  return a.b.slice(x, axis, start, stop, step);
}

Val python_index(Arguments& a, std::string_view name, Val x, int axis, Dim index) {
  if (x.poisoned()) return x;
  const Dim extent = x.dim(axis);
  const Dim at = index.is_static() && index.size < 0 ? extent + index : index;
  if (!never_negative(at) || !never_negative(extent - at - 1))
    return a.fail(name, fmt::format("index {} is outside the {} elements of axis {}", ir::to_string(index), ir::to_string(extent), axis));
  return a.b.squeeze(a.b.slice(x, axis, at, at + 1), {axis});
}

Val broadcast_to(Arguments& a, std::string_view name, Val x, Shape shape) {
  if (x.poisoned()) return x;
  const int added = shape.rank() - x.rank();
  for (int axis = 0; axis < x.rank() && added >= 0; ++axis)
    if (!x.dim(axis).is_static() && shape[axis + added].is_static() && a.fix_batch(x.dim(axis), shape[axis + added].size)) return {};
  if (added < 0) return a.fail(name, fmt::format("{} has more dimensions than {}", ir::keras_shape(x.shape()), ir::keras_shape(shape)));
  return a.b.broadcast(x, std::move(shape));
}

Val diagonal(Arguments& a, Val x, int axis1, int axis2, int64_t offset) {
  if (x.poisoned()) return x;
  if (axis1 == axis2) return a.fail("axis1 and axis2 are the same axis");
  std::vector<int> order;
  for (int i = 0; i < x.rank(); ++i)
    if (i != axis1 && i != axis2) order.push_back(i);
  order.push_back(axis1);
  order.push_back(axis2);
  x = a.b.transpose(x, order);
  const Dim rows = x.dim(-2), columns = x.dim(-1);
  if (!rows.is_static() || !columns.is_static()) return a.fail("a diagonal along the batch is not supported");
  const int64_t length = offset >= 0 ? std::min(rows.size, columns.size - offset) : std::min(rows.size + offset, columns.size);
  if (length < 1) return a.fail("offset", fmt::format("{} leaves nothing of {}x{} elements", offset, rows.size, columns.size));
  const int64_t start = offset >= 0 ? offset : -offset * columns.size;
  Shape merged(std::vector<Dim>(x.shape().dims.begin(), x.shape().dims.end() - 1));
  merged.dims.back() = rows.size * columns.size;
  x = a.b.reshape(x, merged);
  return a.b.slice(x, x.rank() - 1, start, start + (length - 1) * (columns.size + 1) + 1, columns.size + 1);
}

}  // namespace keratin
