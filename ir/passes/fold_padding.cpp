#include "ir/passes/fold_padding.h"

#include <algorithm>

#include "ir/constants.h"
#include "ir/passes/eliminate_dead.h"
#include "ir/passes/rewrite.h"

namespace keratin::ir {

namespace {

std::optional<double> scalar(Rewriter& r, Val x) {
  return constant_number(r.to().program(), x.id(), [&](ValueId id) { return r.definition(Val(&r.to(), id)); });
}

/// Zeros around all axes but the first and the last, none between elements.
bool pads_with_zeros(Rewriter& r, Val x) {
  const auto* found = r.definition_as<Pad>(x);
  if (!found) return false;
  const Pad::Attrs pad = *found;
  const size_t last = pad.low.size() - 1;
  for (size_t axis = 0; axis <= last; ++axis) {
    if (pad.interior[axis] != 0 || !pad.low[axis].is_static() || !pad.high[axis].is_static()) return false;
    if ((axis == 0 || axis == last) && (pad.low[axis] != Dim(0) || pad.high[axis] != Dim(0))) return false;
  }
  return scalar(r, r.operand_of(x, 1)) == 0.0;
}

/// Whether a value is the maximum of something and a number that is not negative.
bool never_negative(Rewriter& r, Val x) {
  const auto* binary = r.definition_as<Binary>(x);
  if (!binary || binary->kind != Binary::Kind::max) return false;
  for (size_t i = 0; i < 2; ++i)
    if (const std::optional<double> bound = scalar(r, r.operand_of(x, i)); bound && *bound >= 0) return true;
  return false;
}

bool fold_into_conv(Rewriter& r, const Node& node) {
  const Val padded = r.at(node.inputs[0]);
  if (!pads_with_zeros(r, padded)) return false;
  const Pad::Attrs pad = *r.definition_as<Pad>(padded);
  const Shape kernel = r.at(node.inputs[1]).shape();
  ConvGeometry geometry = node.op.as<Conv>()->geometry;
  for (size_t axis = 0; axis < geometry.strides.size(); ++axis) {
    geometry.pad_low[axis] += pad.low[axis + 1].size;
    geometry.pad_high[axis] += pad.high[axis + 1].size;
    // Every output reads an element of the operand.
    const int64_t reach = (kernel[static_cast<int>(axis)].size - 1) * geometry.dilation[axis];
    if (std::max(geometry.pad_low[axis], geometry.pad_high[axis]) > reach) return false;
  }
  r.set(node.outputs[0], r.to().conv(r.operand_of(padded), r.at(node.inputs[1]), geometry));
  return true;
}

bool fold_into_max_pool(Rewriter& r, const Node& node) {
  Window window = node.op.as<WindowReduce>()->window;
  const Val padded = r.at(node.inputs[0]);
  if (window.kind != Window::Kind::max || !pads_with_zeros(r, padded)) return false;
  const Val x = r.operand_of(padded);
  if (!never_negative(r, x)) return false;
  const Pad::Attrs pad = *r.definition_as<Pad>(padded);
  for (size_t axis = 0; axis < window.size.size(); ++axis) {
    window.pad_low[axis] += pad.low[axis].size;
    window.pad_high[axis] += pad.high[axis].size;
    if (std::max(window.pad_low[axis], window.pad_high[axis]) >= window.size[axis]) return false;
  }
  r.set(node.outputs[0], r.to().window_reduce(x, window));
  return true;
}

}  // namespace

void fold_padding(Program& program, FunctionId function) {
  rebuild(program, function, [&](Rewriter& r, const Node& node) {
    if (node.op.as<Conv>()) return fold_into_conv(r, node);
    if (node.op.as<WindowReduce>()) return fold_into_max_pool(r, node);
    return false;
  });
  eliminate_dead(program, function);
}

}  // namespace keratin::ir
