#include "ir/ops/reverse.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/rules.h"

namespace keratin::ir {

Result<Types> Reverse::infer(const Attrs& attrs, const Types& in) {
  if (auto error = check_axes(attrs.axes, in[0].shape)) return *error;
  return Types{in[0]};
}

void Reverse::grad(const Attrs& attrs, GradBuilder& g) {
  if (g.wants(0)) g.set(0, g.builder().reverse(g.d_out(), attrs.axes));
}

void Reverse::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator&) {
  Strided source{0, row_major_strides(in[0].shape)};
  for (int axis : attrs.axes) {
    const size_t i = static_cast<size_t>(axis);
    source.start += (in[0].shape[i] - 1) * source.strides[i];
    source.strides[i] = -source.strides[i];
  }
  copy_strided(out[0].shape, in[0], source, out[0], {0, row_major_strides(out[0].shape)});
}

Lowering Reverse::lower(const Attrs& attrs, const Types& in, const Types&) {
  const Shape& shape = in[0].shape;
  AffineView view{{}, std::vector<int64_t>(shape.dims.size(), 1), std::vector<Dim>(shape.dims.size())};
  for (int axis = 0; axis < shape.rank(); ++axis) view.axis.push_back(axis);
  for (int axis : attrs.axes) {
    view.step[static_cast<size_t>(axis)] = -1;
    view.start[static_cast<size_t>(axis)] = shape[axis] - 1;
  }
  return view;
}

std::string Reverse::print(const Attrs& attrs) { return fmt::format("axes=({})", fmt::join(attrs.axes, ",")); }

}  // namespace keratin::ir
