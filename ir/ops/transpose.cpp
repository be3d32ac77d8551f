#include "ir/ops/transpose.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ir/eval.h"
#include "ir/gradient.h"

namespace keratin::ir {

Result<Types> Transpose::infer(const Attrs& attrs, const Types& in) {
  const Shape& shape = in[0].shape;
  std::vector<int> sorted = attrs.order;
  std::sort(sorted.begin(), sorted.end());
  for (int i = 0; i < static_cast<int>(sorted.size()); ++i)
    if (sorted[static_cast<size_t>(i)] != i) return Error{fmt::format("({}) is no order of axes", fmt::join(attrs.order, ", "))};
  if (static_cast<int>(attrs.order.size()) != shape.rank()) return Error{fmt::format("orders {} axes, the operand has {}", attrs.order.size(), shape.rank())};
  Shape out;
  for (int axis : attrs.order) out.dims.push_back(shape[axis]);
  return Types{{in[0].dtype, out}};
}

void Transpose::grad(const Attrs& attrs, GradBuilder& g) {
  std::vector<int> inverse(attrs.order.size());
  for (size_t i = 0; i < attrs.order.size(); ++i) inverse[static_cast<size_t>(attrs.order[i])] = static_cast<int>(i);
  g.set(0, g.builder().transpose(g.d_out(), inverse));
}

void Transpose::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator&) {
  const std::vector<int64_t> strides = row_major_strides(in[0].shape);
  const auto move = [&](const auto& from, auto& to) {
    for_each_coordinate(out[0].shape, [&](int64_t i, const std::vector<int64_t>& at) {
      int64_t source = 0;
      for (size_t axis = 0; axis < at.size(); ++axis) source += at[axis] * strides[static_cast<size_t>(attrs.order[axis])];
      to[static_cast<size_t>(i)] = from[static_cast<size_t>(source)];
    });
  };
  is_float(in[0].dtype) ? move(in[0].floats, out[0].floats) : move(in[0].integers, out[0].integers);
}

Lowering Transpose::lower(const Attrs& attrs, const Types& in, const Types&) {
  const size_t rank = attrs.order.size();
  return AffineView{attrs.order, std::vector<int64_t>(rank, 1), std::vector<Dim>(static_cast<size_t>(in[0].shape.rank()))};
}

std::string Transpose::print(const Attrs& attrs) { return fmt::format("order=({})", fmt::join(attrs.order, ",")); }

}  // namespace keratin::ir
