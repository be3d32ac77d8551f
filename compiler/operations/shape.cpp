// Operations that move, repeat or surround elements (keras.ops.reshape, ...).
#include <algorithm>
#include <fmt/format.h>
#include <numeric>

#include "compiler/operations/moves.h"
#include "compiler/operations/operation.h"
#include "compiler/operations/padding.h"

namespace keratin {

namespace {

using Function = std::function<Val(Arguments&, Val x)>;

Operation row(std::string_view name, std::string_view config, Function f) {
  return {name, config, "x", [f](Arguments& a) {
            const Val x = a.tensor("x");
            return one(x.poisoned() ? x : f(a, x));
          }};
}

Val reshape(Arguments& a, Val x) {
  const std::optional<Shape> shape = resolved_shape(a, "newshape", x.shape(), a.sizes("newshape"));
  return shape && !a.failed() ? a.b.reshape(x, *shape) : Val();
}

Val broadcast(Arguments& a, Val x) {
  Shape shape;
  const std::vector<std::optional<Dim>> sizes = a.sizes("shape");
  const int added = static_cast<int>(sizes.size()) - x.rank();
  for (size_t i = 0; i < sizes.size(); ++i) {
    const int own = static_cast<int>(i) - added;
    const bool as_it_is = !sizes[i] || (sizes[i]->is_static() && sizes[i]->size == -1);
    if (as_it_is && own < 0) return a.fail("shape", "a new dimension has no size");
    shape.dims.push_back(as_it_is ? x.dim(own) : *sizes[i]);
  }
  return a.failed() ? Val() : broadcast_to(a, "shape", x, shape);
}

Val transpose(Arguments& a, Val x) {
  std::vector<int> order;
  const std::optional<std::vector<int64_t>> axes = a.integers("axes");
  if (!axes) {
    for (int axis = x.rank(); axis-- > 0;) order.push_back(axis);
    return a.b.transpose(x, order);
  }
  for (int64_t given : *axes) {
    const std::optional<int> axis = ir::normalize_axis(given, x.rank());
    if (!axis || std::find(order.begin(), order.end(), *axis) != order.end()) return a.fail("axes", fmt::format("are no order of the {} dimensions", x.rank()));
    order.push_back(*axis);
  }
  if (static_cast<int>(order.size()) != x.rank()) return a.fail("axes", fmt::format("are {}, the tensor has {} dimensions", order.size(), x.rank()));
  return a.b.transpose(x, order);
}

Val expand_dims(Arguments& a, Val x) {
  const std::vector<int64_t> listed = a.integers("axis").value_or(std::vector<int64_t>{});
  std::vector<int> axes;
  const int rank = x.rank() + static_cast<int>(listed.size());
  for (int64_t given : listed) {
    const std::optional<int> axis = ir::normalize_axis(given, rank);
    if (!axis) return a.fail("axis", fmt::format("{} is outside the {} dimensions of the result", given, rank));
    axes.push_back(*axis);
  }
  if (axes.empty() && !a.failed()) a.fail("axis", "is missing");
  std::sort(axes.begin(), axes.end());
  for (int axis : axes) x = a.b.expand_dims(x, axis);
  return x;
}

Val squeeze(Arguments& a, Val x) {
  if (a.given("axis")) {
    const std::vector<int> axes = a.axes("axis", x.rank());
    for (int axis : axes)
      if (!x.dim(axis).is_one() && !x.dim(axis).is_static() && a.fix_batch(x.dim(axis), 1)) return {};
    return a.failed() || axes.empty() ? x : a.b.squeeze(x, axes);
  }
  std::vector<int> axes;
  for (int axis = 0; axis < x.rank(); ++axis)
    if (x.dim(axis).is_one()) axes.push_back(axis);
  return axes.empty() ? x : a.b.squeeze(x, axes);
}

Val swap_axes(Arguments& a, Val x) {
  std::vector<int> order(static_cast<size_t>(x.rank()));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[static_cast<size_t>(a.axis("axis1", x.rank()))], order[static_cast<size_t>(a.axis("axis2", x.rank()))]);
  return a.b.transpose(x, order);
}

Val move_axis(Arguments& a, Val x) {
  const std::vector<int64_t> from = a.integers("source").value_or(std::vector<int64_t>{}), to = a.integers("destination").value_or(std::vector<int64_t>{});
  if (from.size() != to.size()) return a.fail(fmt::format("source has {} axes, destination {}", from.size(), to.size()));
  std::vector<int> order(static_cast<size_t>(x.rank()), -1);
  std::vector<bool> moved(order.size());
  for (size_t i = 0; i < from.size(); ++i) {
    const std::optional<int> source = ir::normalize_axis(from[i], x.rank()), target = ir::normalize_axis(to[i], x.rank());
    if (!source || !target || order[static_cast<size_t>(*target)] >= 0 || moved[static_cast<size_t>(*source)])
      return a.fail(fmt::format("axis {} cannot move to {} in {} dimensions", from[i], to[i], x.rank()));
    order[static_cast<size_t>(*target)] = *source;
    moved[static_cast<size_t>(*source)] = true;
  }
  size_t next = 0;
  for (int& axis : order) {
    if (axis >= 0) continue;
    while (moved[next]) ++next;
    axis = static_cast<int>(next++);
  }
  return a.b.transpose(x, order);
}

Val flip(Arguments& a, Val x) {
  const std::vector<int> axes = a.axes("axis", x.rank());
  return a.failed() || axes.empty() ? x : a.b.reverse(x, axes);
}

Val flip_one(Arguments& a, Val x, int axis) {
  return x.rank() > axis ? a.b.reverse(x, {axis}) : a.fail(fmt::format("takes at least {} dimensions, not {}", axis + 1, x.rank()));
}

/// Element i becomes element i + shift, what leaves at one end comes in at the other.
Val rolled(Arguments& a, Val x, int axis, int64_t shift) {
  const Dim extent = x.dim(axis);
  if (extent.is_static() && extent.size == 0) return x;
  if (extent.is_static()) shift = ((shift % extent.size) + extent.size) % extent.size;
  if (shift == 0) return x;
  if (!extent.is_static() && shift != 1 && shift != -1) return a.fail("shift", fmt::format("{} along the batch depends on the number of examples", shift));
  const Dim cut = shift > 0 ? extent - shift : Dim(-shift);
  return a.b.concatenate({a.b.slice(x, axis, cut, extent), a.b.slice(x, axis, 0, cut)}, axis);
}

Val roll(Arguments& a, Val x) {
  const std::vector<int64_t> shifts = a.integers("shift").value_or(std::vector<int64_t>{});
  if (shifts.empty()) return a.fail("shift", "is missing");
  if (!a.given("axis")) {
    const Shape shape = x.shape();
    const Val flat = flattened(a, x);
    return flat.poisoned() ? flat : a.b.reshape(rolled(a, flat, 0, std::accumulate(shifts.begin(), shifts.end(), int64_t{0})), shape);
  }
  const std::vector<int64_t> axes = *a.integers("axis");
  const size_t count = std::max(axes.size(), shifts.size());
  if ((axes.size() != count && axes.size() != 1) || (shifts.size() != count && shifts.size() != 1)) return a.fail("shift", "and axis differ in length");
  for (size_t i = 0; i < count; ++i) {
    const int64_t given = axes[axes.size() == 1 ? 0 : i];
    const std::optional<int> axis = ir::normalize_axis(given, x.rank());
    if (!axis) return a.fail("axis", fmt::format("{} is outside the {} dimensions of the tensor", given, x.rank()));
    x = rolled(a, x, *axis, shifts[shifts.size() == 1 ? 0 : i]);
    if (x.poisoned()) return x;
  }
  return x;
}

Val rotate(Arguments& a, Val x) {
  const std::vector<int64_t> plane = a.integers("axes").value_or(std::vector<int64_t>{0, 1});
  const std::optional<int> first = plane.size() == 2 ? ir::normalize_axis(plane[0], x.rank()) : std::nullopt;
  const std::optional<int> second = plane.size() == 2 ? ir::normalize_axis(plane[1], x.rank()) : std::nullopt;
  if (!first || !second || *first == *second) return a.fail("axes", fmt::format("are no two of the {} dimensions", x.rank()));
  const int64_t turns = ((a.integer("k", 1) % 4) + 4) % 4;
  std::vector<int> order(static_cast<size_t>(x.rank()));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[static_cast<size_t>(*first)], order[static_cast<size_t>(*second)]);
  if (turns == 0) return x;
  if (turns == 2) return a.b.reverse(x, {std::min(*first, *second), std::max(*first, *second)});
  return turns == 1 ? a.b.reverse(a.b.transpose(x, order), {*first}) : a.b.transpose(a.b.reverse(x, {*first}), order);
}

Val tile(Arguments& a, Val x) {
  std::vector<int64_t> repeats = a.integers("repeats").value_or(std::vector<int64_t>{});
  for (int64_t times : repeats)
    if (times < 1) return a.fail("repeats", fmt::format("{} is below 1", times));
  while (static_cast<int>(repeats.size()) < x.rank()) repeats.insert(repeats.begin(), 1);
  while (x.rank() < static_cast<int>(repeats.size())) x = a.b.expand_dims(x, 0);
  for (int axis = 0; axis < x.rank(); ++axis) x = a.b.tile(x, repeats[static_cast<size_t>(axis)], axis);
  return x;
}

Val repeat(Arguments& a, Val x) {
  const std::vector<int64_t> repeats = a.integers("repeats").value_or(std::vector<int64_t>{});
  if (a.failed()) return {};
  if (!a.given("axis")) x = flattened(a, x);
  if (x.poisoned()) return x;
  const int axis = a.given("axis") ? a.axis("axis", x.rank()) : 0;
  for (int64_t times : repeats)
    if (times < 0) return a.fail("repeats", fmt::format("{} is negative", times));
  if (repeats.size() == 1 && repeats[0] > 0) return a.b.repeat(x, repeats[0], axis);
  if (x.dim(axis) != Dim(static_cast<int64_t>(repeats.size())))
    return a.fail("repeats", fmt::format("are {}, axis {} has {} elements", repeats.size(), axis, ir::to_string(x.dim(axis))));
  ir::Tensor indices(DType::int32, {std::accumulate(repeats.begin(), repeats.end(), int64_t{0})});
  size_t at = 0;
  for (size_t i = 0; i < repeats.size(); ++i)
    for (int64_t k = 0; k < repeats[i]; ++k) indices.integers[at++] = static_cast<int64_t>(i);
  return a.b.gather(x, a.b.constant(std::move(indices)), axis, 0, false);
}

Val trace(Arguments& a, Val x) {
  if (x.rank() < 2) return a.fail(fmt::format("takes at least 2 dimensions, not {}", x.rank()));
  const Val line = diagonal(a, x, a.axis("axis1", x.rank(), 0), a.axis("axis2", x.rank(), 1), a.integer("offset", 0));
  return line.poisoned() ? line : a.b.sum(line, {-1});
}

Val diagonal_of(Arguments& a, Val x) {
  if (x.rank() < 2) return a.fail(fmt::format("takes at least 2 dimensions, not {}", x.rank()));
  return diagonal(a, x, a.axis("axis1", x.rank(), 0), a.axis("axis2", x.rank(), 1), a.integer("offset", 0));
}

/// Keeps what is on one side of a diagonal of the last two axes.
Val triangle(Arguments& a, Val x, bool lower) {
  if (x.rank() < 2) return a.fail(fmt::format("takes at least 2 dimensions, not {}", x.rank()));
  const ir::Type plane{DType::int32, {x.dim(-2), x.dim(-1)}};
  const Val right = a.b.iota(plane, 1) - a.b.iota(plane, 0);
  const Val kept = a.b.compare(lower ? ir::Compare::Kind::le : ir::Compare::Kind::ge, right, a.b.number(DType::int32, static_cast<double>(a.integer("k", 0))));
  return a.b.select(kept, x, a.b.number(x.dtype(), 0));
}

}  // namespace

const OperationTable& shape_operations() {
  static const OperationTable table = {
      row("BroadcastTo", "shape", broadcast),
      row("Copy", "", [](Arguments&, Val x) { return x; }),
      row("Diagonal", "offset axis1 axis2", diagonal_of),
      row("ExpandDims", "axis", expand_dims),
      row("Flip", "axis", flip),
      row("Fliplr", "", [](Arguments& a, Val x) { return flip_one(a, x, 1); }),
      row("Flipud", "", [](Arguments& a, Val x) { return flip_one(a, x, 0); }),
      row("Moveaxis", "source destination", move_axis),
      {"Pad", "pad_width mode", "x constant_values", [](Arguments& a) { return one(pad(a)); }},
      row("Ravel", "", flattened),
      row("Repeat", "repeats axis", repeat),
      row("Reshape", "newshape", reshape),
      row("Roll", "shift axis", roll),
      {"Rot90", "k axes", "array",
       [](Arguments& a) {
         const Val x = a.tensor("array");
         return one(x.poisoned() ? x : rotate(a, x));
       }},
      row("Squeeze", "axis", squeeze),
      row("Swapaxes", "axis1 axis2", swap_axes),
      row("Tile", "repeats", tile),
      row("Trace", "offset axis1 axis2", trace),
      row("Transpose", "axes", transpose),
      row("Tril", "k", [](Arguments& a, Val x) { return triangle(a, x, true); }),
      row("Triu", "k", [](Arguments& a, Val x) { return triangle(a, x, false); }),
  };
  return table;
}

}  // namespace keratin
