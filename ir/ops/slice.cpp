#include "ir/ops/slice.h"

#include <fmt/format.h>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/rules.h"

namespace keratin::ir {

namespace {

int64_t ceil_div(int64_t a, int64_t b) { return a > 0 ? (a - 1) / b + 1 : -(-a / b); }

}  // namespace

Result<Types> Slice::infer(const Attrs& attrs, const Types& in) {
  const Shape& shape = in[0].shape;
  const size_t rank = shape.dims.size();
  if (attrs.start.size() != rank || attrs.limit.size() != rank || attrs.stride.size() != rank)
    return Error{fmt::format("start, limit and stride are of {}, {} and {} axes, the operand has {}", attrs.start.size(),
                             attrs.limit.size(), attrs.stride.size(), rank)};
  Shape out;
  for (size_t axis = 0; axis < rank; ++axis) {
    const Dim start = attrs.start[axis], limit = attrs.limit[axis], whole = shape.dims[axis], span = limit - start;
    const int64_t stride = attrs.stride[axis];
    if (stride < 1) return Error{fmt::format("stride {} along axis {} is not positive", stride, axis)};
    if (!never_negative(start) || !never_negative(span) || !never_negative(whole - limit))
      return Error{fmt::format("{}:{} is not inside the {} elements of axis {}", to_string(start), to_string(limit), to_string(whole),
                               axis)};
    if (span.batch % stride != 0)
      return Error{fmt::format("stride {} does not divide the {} elements of axis {}", stride, to_string(span), axis)};
    out.dims.push_back(Dim(span.batch / stride, ceil_div(span.size, stride)));
  }
  return Types{{in[0].dtype, out}};
}

void Slice::grad(const Attrs& attrs, GradBuilder& g) {
  if (!g.wants(0)) return;
  const Shape whole = g.in().shape(), part = g.d_out().shape();
  Pad::Attrs back{attrs.start, {}, {}};
  for (int axis = 0; axis < whole.rank(); ++axis) {
    const int64_t stride = attrs.stride[static_cast<size_t>(axis)];
    const Dim covered = part[axis] == Dim(0) ? Dim(0) : (part[axis] - 1) * stride + 1;
    back.high.push_back(whole[axis] - attrs.start[static_cast<size_t>(axis)] - covered);
    back.interior.push_back(stride - 1);
  }
  Builder& b = g.builder();
  g.set(0, b.add1(back, {g.d_out(), b.number(g.in().dtype(), 0)}));
}

void Slice::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator& evaluator) {
  Strided source{0, row_major_strides(in[0].shape)};
  for (size_t axis = 0; axis < source.strides.size(); ++axis) {
    source.start += attrs.start[axis].at(evaluator.batch()) * source.strides[axis];
    source.strides[axis] *= attrs.stride[axis];
  }
  copy_strided(out[0].shape, in[0], source, out[0], {0, row_major_strides(out[0].shape)});
}

Lowering Slice::lower(const Attrs& attrs, const Types&, const Types&) {
  AffineView view{{}, attrs.stride, attrs.start};
  for (size_t axis = 0; axis < attrs.stride.size(); ++axis) view.axis.push_back(static_cast<int>(axis));
  return view;
}

std::string Slice::print(const Attrs& attrs) {
  std::string text;
  for (size_t axis = 0; axis < attrs.start.size(); ++axis) {
    text += fmt::format("{}{}:{}", axis ? "," : "", to_string(attrs.start[axis]), to_string(attrs.limit[axis]));
    if (attrs.stride[axis] != 1) text += fmt::format(":{}", attrs.stride[axis]);
  }
  return "[" + text + "]";
}

}  // namespace keratin::ir
