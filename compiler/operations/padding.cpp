#include "compiler/operations/padding.h"

#include <fmt/format.h>

#include "compiler/operations/constants.h"

namespace keratin {

namespace {

struct Pads {
  int64_t low = 0, high = 0;
};

/// One number for all, one pair for all, or a pair for each axis.
std::optional<std::vector<Pads>> pad_widths(Arguments& a, int rank) {
  const Json width = a.constant("pad_width");
  const auto wrong = [&]() -> std::optional<std::vector<Pads>> {
    if (!a.failed()) a.fail("pad_width", fmt::format("{} holds no pair of numbers for each of {} dimensions", width.dump(), rank));
    return std::nullopt;
  };
  const auto pair = [](const Json& value) -> std::optional<Pads> {
    if (value.is_int()) return Pads{value.as_int(), value.as_int()};
    if (!value.is_array()) return std::nullopt;
    const Json::Array& both = value.as_array();
    if (both.size() == 1 && both[0].is_int()) return Pads{both[0].as_int(), both[0].as_int()};
    if (both.size() != 2 || !both[0].is_int() || !both[1].is_int()) return std::nullopt;
    return Pads{both[0].as_int(), both[1].as_int()};
  };
  std::vector<Pads> pads;
  const bool nested = width.is_array() && !width.as_array().empty() && width.as_array()[0].is_array();
  if (!nested) {
    const std::optional<Pads> all = pair(width);
    if (!all) return wrong();
    pads.assign(static_cast<size_t>(rank), *all);
  } else {
    for (const Json& item : width.as_array()) {
      const std::optional<Pads> one_axis = pair(item);
      if (!one_axis) return wrong();
      pads.push_back(*one_axis);
    }
    if (pads.size() == 1) pads.assign(static_cast<size_t>(rank), pads[0]);
    if (static_cast<int>(pads.size()) != rank) return wrong();
  }
  for (const Pads& p : pads)
    if (p.low < 0 || p.high < 0) return wrong();
  return pads;
}

/// What the mode puts beside one axis: the elements from `skip` on, turned round.
Val mirrored(Arguments& a, Val x, int axis, Pads pads, int64_t skip) {
  const Dim extent = x.dim(axis);
  const Dim left = extent - skip - std::max(pads.low, pads.high);
  if (left.batch < 0 || left.batch + left.size < 0)
    return a.fail("pad_width", fmt::format("{} and {} are more than the {} elements of axis {} can be mirrored to", pads.low, pads.high, ir::to_string(extent), axis));
  Vals parts;
  if (pads.low > 0) parts.push_back(a.b.reverse(a.b.slice(x, axis, skip, skip + pads.low), {axis}));
  parts.push_back(x);
  if (pads.high > 0) parts.push_back(a.b.reverse(a.b.slice(x, axis, extent - (skip + pads.high), extent - skip), {axis}));
  return a.b.concatenate(parts, axis);
}

Val with_edges(Arguments& a, Val x, int axis, Pads pads) {
  const Dim extent = x.dim(axis);
  Vals parts;
  if (pads.low > 0) parts.push_back(a.b.repeat(a.b.slice(x, axis, 0, 1), pads.low, axis));
  parts.push_back(x);
  if (pads.high > 0) parts.push_back(a.b.repeat(a.b.slice(x, axis, extent - 1, extent), pads.high, axis));
  return a.b.concatenate(parts, axis);
}

Val with_constant(Arguments& a, Val x, const std::vector<Pads>& pads) {
  ir::Pad::Attrs attrs;
  for (const Pads& p : pads) {
    attrs.low.push_back(p.low);
    attrs.high.push_back(p.high);
    attrs.interior.push_back(0);
  }
  const Val value = a.given("constant_values") ? a.as(a.operand("constant_values"), x.dtype()) : a.b.number(x.dtype(), 0);
  if (!value.poisoned() && value.rank() != 0) return a.fail("constant_values", "is no single number");
  return a.b.add1(std::move(attrs), {x, value});
}

}  // namespace

Val pad(Arguments& a) {
  Val x = a.tensor("x");
  if (x.poisoned()) return x;
  const std::string mode = a.text("mode", "constant");
  const std::optional<std::vector<Pads>> pads = pad_widths(a, x.rank());
  if (!pads) return {};
  if (mode != "constant" && a.given("constant_values")) return a.fail("constant_values", fmt::format("has no meaning in mode {}", mode));
  if (mode == "constant") return with_constant(a, x, *pads);
  if (mode != "reflect" && mode != "symmetric" && mode != "edge") return a.fail("mode", fmt::format("'{}' is not one of constant, reflect, symmetric, edge", mode));
  for (int axis = 0; !x.poisoned() && axis < x.rank(); ++axis) {
    const Pads p = (*pads)[static_cast<size_t>(axis)];
    if (p.low == 0 && p.high == 0) continue;
    x = mode == "edge" ? with_edges(a, x, axis, p) : mirrored(a, x, axis, p, mode == "reflect" ? 1 : 0);
  }
  return x;
}

}  // namespace keratin
