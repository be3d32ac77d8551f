// Operations that pick elements by index (keras.ops.take, x[...], one_hot, ...).
#include <algorithm>
#include <fmt/format.h>

#include "compiler/operations/get_item.h"
#include "compiler/operations/moves.h"
#include "compiler/operations/operation.h"

namespace keratin {

namespace {

using Compare = ir::Compare::Kind;

/// Integer indices of an operand: numbers and floats are cut to int32.
Val indices_of(Arguments& a, std::string_view name) {
  const Val indices = a.tensor(name);
  return indices.poisoned() || is_integer(indices.dtype()) ? indices : a.b.cast(indices, DType::int32);
}

Val take(Arguments& a) {
  Val x = a.tensor("x");
  const Val indices = indices_of(a, "indices");
  if (x.poisoned() || indices.poisoned()) return {};
  if (!a.given("axis")) x = flattened(a, x);
  if (x.poisoned()) return x;
  const int axis = a.given("axis") ? a.axis("axis", x.rank()) : 0;
  return take_along(a, "indices", x, indices, axis, a.boolean("wraps", true), static_cast<int>(a.integer("batch_dims", 0)));
}

Val take_along_axis(Arguments& a) {
  Val x = a.tensor("x"), indices = indices_of(a, "indices");
  if (x.poisoned() || indices.poisoned()) return {};
  if (!a.given("axis")) {
    x = flattened(a, x);
    indices = flattened(a, indices);
  }
  if (x.poisoned() || indices.poisoned()) return {};
  if (x.rank() != indices.rank()) return a.fail("indices", fmt::format("have {} dimensions, the tensor has {}", indices.rank(), x.rank()));
  const int axis = a.given("axis") ? a.axis("axis", x.rank()) : 0;
  x = axis_to_end(x, axis);
  indices = axis_to_end(indices, axis);
  const auto leading = [](const Shape& shape) { return Shape(std::vector<Dim>(shape.dims.begin(), shape.dims.end() - 1)); };
  Shape x_shape = leading(x.shape()), index_shape = leading(indices.shape());
  for (int i = 0; i < x_shape.rank(); ++i) {
    const Dim first = x_shape[i], second = index_shape[i];
    if (first.is_static() != second.is_static() && !first.is_one() && !second.is_one())
      if (a.fix_batch(first.is_static() ? second : first, first.is_static() ? first.size : second.size)) return {};
  }
  const Result<Shape> common = ir::broadcast_shapes(x_shape, index_shape);
  if (!common) return a.fail("indices", common.error());
  const auto widened = [&](Val value) {
    Shape shape = *common;
    shape.dims.push_back(value.dim(-1));
    return a.b.broadcast(value, shape);
  };
  x = widened(x);
  indices = widened(indices);
  const int last = x.rank() - 1;
  return axis_from_end(take_along(a, "indices", x, indices, last, true, last), axis);
}

/// Class numbers become rows with a 1; what is no class gives zeros.
Val one_hot(Arguments& a, std::string_view name) {
  if (a.boolean("sparse", false)) return a.fail("sparse", "true is not supported");
  const int64_t classes = a.integer("num_classes");
  const DType dtype = a.dtype("dtype", DType::float32);
  const Val x = indices_of(a, name);
  if (x.poisoned()) return x;
  if (classes < 1) return a.failed() ? Val() : a.fail("num_classes", fmt::format("{} is below 1", classes));
  const Val wide = a.b.one_hot(x, classes, dtype);
  return axis_from_end(wide, a.axis("axis", wide.rank(), -1));
}

Val multi_hot(Arguments& a) {
  const Val wide = one_hot(a, "inputs");
  if (wide.poisoned()) return wide;
  const int counted = wide.rank() > 2 ? 1 : 0;
  return wide.dtype() == DType::boolean ? a.b.reduce(ir::Reduce::Kind::any, wide, {counted}) : a.b.max(wide, {counted});
}

/// `shape` elements from start_indices on; a fixed size along the batch fixes the number of examples.
Val slice(Arguments& a) {
  Val x = a.tensor("inputs");
  if (x.poisoned()) return x;
  const std::vector<std::optional<Dim>> shape = a.sizes("shape"), start = a.sizes("start_indices");
  if (a.failed()) return {};
  if (static_cast<int>(shape.size()) != x.rank() || static_cast<int>(start.size()) != x.rank())
    return a.fail(fmt::format("shape has {} and start_indices {} numbers, the tensor has {} dimensions", shape.size(), start.size(), x.rank()));
  for (int axis = 0; axis < x.rank(); ++axis) {
    const Dim extent = x.dim(axis), from = start[static_cast<size_t>(axis)].value_or(Dim(0));
    const Dim size = shape[static_cast<size_t>(axis)].value_or(Dim(-1));
    const Dim limit = size == Dim(-1) ? extent : from + size;
    if (!extent.is_static() && limit.is_static()) {
      if (a.fix_batch(extent, limit.size)) return {};
      return a.fail("shape", fmt::format("{} elements from {} on of the batch", ir::to_string(size), ir::to_string(from)));
    }
    x = a.b.slice(x, axis, from, limit);
    if (x.poisoned()) return x;
  }
  return x;
}

/// x with `updates` written from start_indices on.
Val slice_update(Arguments& a) {
  const Val x = a.tensor("inputs");
  if (x.poisoned()) return x;
  const Val updates = a.as(a.operand("updates"), x.dtype());
  const std::vector<std::optional<Dim>> start = a.sizes("start_indices");
  if (a.failed() || updates.poisoned()) return {};
  if (updates.rank() != x.rank() || static_cast<int>(start.size()) != x.rank()) return a.fail("updates and start_indices have not as many dimensions as inputs");
  ir::Pad::Attrs around;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const Dim from = start[static_cast<size_t>(axis)].value_or(Dim(0));
    around.low.push_back(from);
    around.high.push_back(x.dim(axis) - from - updates.dim(axis));
    around.interior.push_back(0);
  }
  const Val inside = a.b.add1(around, {a.b.full({DType::boolean, updates.shape()}, 1), a.b.number(DType::boolean, 0)});
  const Val spread = a.b.add1(around, {updates, a.b.number(x.dtype(), 0)});
  return a.b.select(inside, spread, x);
}

Val search_sorted(Arguments& a) {
  const Vals x = a.promoted({a.operand("sorted_sequence"), a.operand("values")});
  if (x[0].poisoned() || x[1].poisoned()) return {};
  if (x[0].rank() != 1) return a.fail("sorted_sequence", fmt::format("has {} dimensions, not 1", x[0].rank()));
  const std::string side = a.text("side", "left");
  if (side != "left" && side != "right") return a.fail("side", fmt::format("'{}' is not one of left, right", side));
  const Val below = a.b.compare(side == "left" ? Compare::lt : Compare::le, x[0], a.b.expand_dims(x[1], -1));
  return below.poisoned() ? below : a.b.sum(a.b.cast(below, DType::int32), {-1});
}

/// Into which of the half-open intervals of increasing bins a value falls.
Val digitize(Arguments& a) {
  const Vals x = a.promoted({a.operand("x"), a.operand("bins")});
  if (x[0].poisoned() || x[1].poisoned()) return {};
  if (x[1].rank() != 1) return a.fail("bins", fmt::format("has {} dimensions, not 1", x[1].rank()));
  return a.b.sum(a.b.cast(a.b.compare(Compare::ge, a.b.expand_dims(x[0], -1), x[1]), DType::int32), {-1});
}

Val is_in(Arguments& a) {
  const Vals x = a.promoted({a.operand("x1"), a.operand("x2")});
  const Val set = flattened(a, x[1]);
  if (x[0].poisoned() || set.poisoned()) return {};
  const Val found = a.b.reduce(ir::Reduce::Kind::any, a.b.compare(Compare::eq, a.b.expand_dims(x[0], -1), set), {-1});
  return a.boolean("invert", false) ? a.b.unary(ir::Unary::Kind::logical_not, found) : found;
}

Operation row(std::string_view name, std::string_view config, std::string_view call, Val (*f)(Arguments&)) {
  return {name, config, call, [f](Arguments& a) { return one(f(a)); }};
}

}  // namespace

Val take_along(Arguments& a, std::string_view name, Val x, Val indices, int axis, bool wraps, int batch_dims) {
  if (x.poisoned() || indices.poisoned()) return {};
  const Dim extent = x.dim(axis);
  const ir::Node* node = nullptr;
  for (const ir::Node& candidate : a.b.function().nodes)
    if (candidate.outputs.size() == 1 && candidate.outputs[0] == indices.id()) node = &candidate;
  if (const auto* constant = node ? node->op.as<ir::Constant>() : nullptr; constant && extent.is_static()) {
    ir::Tensor known = *a.b.program().constants[constant->id.index];
    for (int64_t& index : known.integers) {
      if (index < -extent.size || index >= extent.size || (index < 0 && !wraps))
        return a.fail(name, fmt::format("index {} is outside the {} elements of axis {}", index, extent.size, axis));
      if (index < 0) index += extent.size;
    }
    return a.b.gather(x, a.b.constant(std::move(known)), axis, batch_dims, false);
  }
  if (wraps && is_signed(indices.dtype())) {
    const Val length = extent.is_static() ? a.b.number(indices.dtype(), static_cast<double>(extent.size)) : a.b.size(extent, indices.dtype());
    indices = a.b.select(less(indices, 0), indices + length, indices);
  }
  return a.b.gather(x, indices, axis, batch_dims);
}

const OperationTable& index_operations() {
  static const OperationTable table = {
      row("Digitize", "", "x bins", digitize),
      row("GetItem", "", "x key", get_item),
      row("IsIn", "assume_unique invert", "x1 x2", is_in),
      row("MultiHot", "num_classes axis dtype sparse", "inputs", multi_hot),
      row("OneHot", "num_classes axis dtype sparse", "x", [](Arguments& a) { return one_hot(a, "x"); }),
      row("SearchSorted", "side", "sorted_sequence values", search_sorted),
      row("Slice", "shape", "inputs start_indices", slice),
      row("SliceUpdate", "", "inputs start_indices updates", slice_update),
      row("Take", "axis", "x indices", take),
      row("TakeAlongAxis", "axis", "x indices", take_along_axis),
  };
  return table;
}

}  // namespace keratin
