// Activations that look at a whole axis.
#include <fmt/format.h>

#include "compiler/activations/functions.h"

namespace keratin {

namespace {

/// Counts the axes from the front; false, with the reason kept by the builder, where one is outside.
bool count_axes(Val x, std::vector<int>& axes) {
  for (int& axis : axes) {
    const std::optional<int> counted = ir::normalize_axis(axis, x.rank());
    if (!counted) {
      x.builder().fail(fmt::format("axis {} is outside the {} dimensions of {}", axis, x.rank(), ir::keras_shape(x.shape())));
      return false;
    }
    axis = *counted;
  }
  return true;
}

/// The order that swaps an axis with the last one; it is its own inverse.
std::vector<int> with_last(int rank, int axis) {
  std::vector<int> order;
  for (int i = 0; i < rank; ++i) order.push_back(i == axis ? rank - 1 : i == rank - 1 ? axis : i);
  return order;
}

}  // namespace

Val softmax(Val x, std::vector<int> axes) {
  if (x.poisoned() || !count_axes(x, axes)) return {};
  ir::Builder& b = x.builder();
  const ir::Type type = x.type();
  std::string text;
  for (int axis : axes) text += (text.empty() ? "" : ",") + std::to_string(axis);
  const ir::FunctionId body = b.new_function("softmax");
  ir::Builder inner(b.program(), body);
  inner.set_origin(b.origin());
  Val in = inner.parameter(type, "x");
  Val shifted = in - stop_gradient(inner.max(in, axes, true));
  Val powers = exp(shifted);
  inner.output(powers / inner.sum(powers, axes, true), "y");
  return b.composite("softmax", {{"axes", text}}, body, {x})[0];
}

Val log_softmax(Val x, std::vector<int> axes) {
  if (x.poisoned() || !count_axes(x, axes)) return {};
  ir::Builder& b = x.builder();
  Val shifted = x - stop_gradient(b.max(x, axes, true));
  return shifted - log(b.sum(exp(shifted), axes, true));
}

Val sparsemax(Val x, int axis) {
  std::vector<int> axes = {axis};
  if (x.poisoned() || !count_axes(x, axes)) return {};
  ir::Builder& b = x.builder();
  const std::vector<int> order = with_last(x.rank(), axes[0]);
  Val z = b.transpose(x, order);
  Val sorted = b.sort(z, true)[0];
  Val cumulated = b.cumulative(ir::Cumulative::Kind::sum, sorted, -1);
  Val position = b.cast(b.iota({DType::int32, z.shape()}, z.rank() - 1), z.dtype()) + 1.0;
  Val support = greater(sorted - (cumulated - 1.0) / position, 0.0);
  Val size = b.sum(b.cast(support, z.dtype()), {-1}, true);
  Val tau = (b.sum(b.select(support, cumulated, b.zeros(z.type())), {-1}, true) - 1.0) / size;
  return b.transpose(b.binary(ir::Binary::Kind::max, z - tau, b.number(z.dtype(), 0)), order);
}

Val glu(Val x, int axis) {
  std::vector<int> axes = {axis};
  if (x.poisoned() || !count_axes(x, axes)) return {};
  ir::Builder& b = x.builder();
  const Dim extent = x.dim(axes[0]);
  if (!extent.is_static() || extent.size % 2 != 0)
    return b.fail(fmt::format("glu halves axis {} of {}, which is not even", axes[0], ir::keras_shape(x.shape())));
  const Dim half(extent.size / 2);
  return b.slice(x, axes[0], 0, half) * sigmoid(b.slice(x, axes[0], half, extent));
}

}  // namespace keratin
