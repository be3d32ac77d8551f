// Operations that join tensors or take them apart (keras.ops.concatenate, stack, split, ...).
#include <algorithm>
#include <fmt/format.h>

#include "compiler/operations/moves.h"
#include "compiler/operations/operation.h"

namespace keratin {

namespace {

bool has_poison(const Vals& values) {
  return values.empty() || std::any_of(values.begin(), values.end(), [](const Val& value) { return value.poisoned(); });
}

/// Parts whose free and fixed batch meet settle the number of examples.
Val join(Arguments& a, const Vals& parts, int axis) {
  const Val* open = nullptr;
  for (const Val& part : parts)
    if (part.rank() > 0 && !part.dim(0).is_static()) open = &part;
  for (const Val& part : parts)
    if (open && axis != 0 && part.rank() > 0 && part.dim(0).is_static() && a.fix_batch(open->dim(0), part.dim(0).size)) return {};
  return a.b.concatenate(parts, axis);
}

Val concatenate(Arguments& a) {
  const Vals parts = a.promoted(a.operands("xs"));
  if (has_poison(parts)) return {};
  const int rank = parts[0].rank();
  return join(a, parts, a.axis("axis", rank, 0));
}

Val append(Arguments& a) {
  Vals parts = a.promoted({a.operand("x1"), a.operand("x2")});
  if (has_poison(parts)) return {};
  if (a.given("axis")) return join(a, parts, a.axis("axis", parts[0].rank()));
  for (Val& part : parts) part = flattened(a, part);
  return has_poison(parts) ? Val() : a.b.concatenate(parts, 0);
}

Val stack(Arguments& a) {
  Vals parts = a.promoted(a.operands("x"));
  if (has_poison(parts)) return {};
  const int axis = a.axis("axis", parts[0].rank() + 1, 0);
  for (Val& part : parts) part = a.b.expand_dims(part, axis);
  return join(a, parts, axis);
}

/// numpy.vstack and its kin: every tensor gets `rank` dimensions at least, then all are joined along `axis`.
Operation stacked(std::string_view name, int rank, int axis) {
  return {name, "", "xs", [=](Arguments& a) {
            Vals parts = a.promoted(a.operands("xs"));
            if (has_poison(parts)) return one({});
            const bool vectors = parts[0].rank() <= 1;
            for (Val& part : parts) {
              if (part.rank() == 0) part = a.b.expand_dims(part, 0);
              if (part.rank() == 1 && rank > 1) part = a.b.expand_dims(part, 0);
              if (part.rank() == 2 && rank > 2) part = a.b.expand_dims(part, -1);
            }
            return one(join(a, parts, rank == 1 && vectors ? 0 : axis));
          }};
}

Val column_stack(Arguments& a) {
  Vals parts = a.promoted(a.operands("xs"));
  if (has_poison(parts)) return {};
  for (Val& part : parts)
    if (part.rank() < 2) part = a.b.expand_dims(part.rank() == 0 ? a.b.expand_dims(part, 0) : part, 1);
  return join(a, parts, 1);
}

/// Equal parts, parts between indices, or parts whose sizes differ by one at most (uneven).
Vals split_along(Arguments& a, Val x, int axis, bool uneven) {
  const Json given = a.constant("indices_or_sections");
  const Dim extent = x.dim(axis);
  std::vector<Dim> bounds = {0};
  if (given.is_int()) {
    const int64_t sections = given.as_int();
    if (sections < 1) return one(a.fail("indices_or_sections", fmt::format("{} is below 1", sections)));
    if (extent.batch % sections != 0 || (!uneven && extent.size % sections != 0) || (uneven && !extent.is_static()))
      return one(a.fail("indices_or_sections", fmt::format("{} elements of axis {} are no {} equal parts", ir::to_string(extent), axis, sections)));
    const int64_t larger = extent.size % sections;
    for (int64_t i = 0; i < sections; ++i)
      bounds.push_back(bounds.back() + Dim(extent.batch / sections, extent.size / sections) + (i < larger ? Dim(1) : Dim(0)));
  } else {
    for (int64_t index : a.integers("indices_or_sections").value_or(std::vector<int64_t>{})) {
      if (!extent.is_static()) return one(a.fail("indices_or_sections", "the parts of the batch depend on the number of examples"));
      const int64_t at = std::clamp<int64_t>(index < 0 ? index + extent.size : index, 0, extent.size);
      bounds.push_back(std::max(at, bounds.back().size));
    }
    bounds.push_back(extent);
  }
  Vals parts;
  for (size_t i = 0; i + 1 < bounds.size() && !a.failed(); ++i) parts.push_back(a.b.slice(x, axis, bounds[i], bounds[i + 1]));
  return parts;
}

Operation split(std::string_view name, std::optional<int> fixed_axis, bool uneven = false) {
  return {name, fixed_axis ? "indices_or_sections" : "indices_or_sections axis", "x", [=](Arguments& a) {
            const Val x = a.tensor("x");
            if (x.poisoned()) return one(x);
            if (!fixed_axis) return split_along(a, x, a.axis("axis", x.rank(), 0), uneven);
            const int axis = *fixed_axis == 1 && x.rank() == 1 ? 0 : *fixed_axis;
            if (axis >= x.rank()) return one(a.fail(fmt::format("takes at least {} dimensions, not {}", axis + 1, x.rank())));
            return split_along(a, x, axis, uneven);
          }};
}

Vals unstack(Arguments& a) {
  const Val x = a.tensor("x");
  if (x.poisoned()) return Vals(8);
  const int axis = a.axis("axis", x.rank(), 0);
  if (a.failed()) return {};
  Dim extent = x.dim(axis);
  if (a.given("num")) {
    const int64_t num = a.integer("num");
    if (!extent.is_static() && a.fix_batch(extent, num)) return Vals(static_cast<size_t>(num));
    if (extent != Dim(num)) return one(a.fail("num", fmt::format("{} is not the {} elements of axis {}", num, ir::to_string(extent), axis)));
  }
  if (!extent.is_static()) return one(a.fail("axis", "the batch cannot be taken apart: the number of examples is not known"));
  Vals parts;
  for (int64_t i = 0; i < extent.size; ++i) parts.push_back(a.b.squeeze(a.b.slice(x, axis, i, i + 1), {axis}));
  return parts;
}

/// Tensor i of rank 1 varies along axis i of all results (with `xy` the first two are swapped).
Vals meshgrid(Arguments& a) {
  const std::string indexing = a.text("indexing", "xy");
  if (indexing != "xy" && indexing != "ij") return one(a.fail("indexing", fmt::format("'{}' is not one of xy, ij", indexing)));
  Vals grids;
  Shape shape;
  for (const Operand& operand : a.operands("x")) {
    const Val x = a.as(operand, operand.type.dtype);
    if (x.poisoned()) return Vals(8);
    if (x.rank() > 1) return one(a.fail(fmt::format("takes vectors, not {}", ir::keras_shape(x.shape()))));
    grids.push_back(a.b.reshape(x, {x.rank() == 0 ? Dim(1) : x.dim(0)}));
    shape.dims.push_back(grids.back().dim(0));
  }
  const bool swapped = indexing == "xy" && shape.rank() > 1;
  if (swapped) std::swap(shape.dims[0], shape.dims[1]);
  for (size_t i = 0; i < grids.size(); ++i) {
    const size_t axis = swapped && i < 2 ? 1 - i : i;
    Shape wide(std::vector<Dim>(shape.dims.size(), Dim(1)));
    wide.dims[axis] = shape.dims[axis];
    grids[i] = a.b.broadcast(a.b.reshape(grids[i], wide), shape);
  }
  return grids;
}

}  // namespace

const OperationTable& join_operations() {
  static const OperationTable table = {
      {"Append", "axis", "x1 x2", [](Arguments& a) { return one(append(a)); }},
      split("ArraySplit", std::nullopt, true),
      {"ColumnStack", "", "xs", [](Arguments& a) { return one(column_stack(a)); }},
      {"Concatenate", "axis", "xs", [](Arguments& a) { return one(concatenate(a)); }},
      split("Dsplit", 2),
      stacked("Dstack", 3, 2),
      split("Hsplit", 1),
      stacked("Hstack", 1, 1),
      {"Meshgrid", "indexing", "*x", meshgrid},
      split("Split", std::nullopt),
      {"Stack", "axis", "x", [](Arguments& a) { return one(stack(a)); }},
      {"Unstack", "num axis", "x", unstack},
      split("Vsplit", 0),
      stacked("Vstack", 2, 0),
  };
  return table;
}

}  // namespace keratin
