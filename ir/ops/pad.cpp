#include "ir/ops/pad.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/rules.h"

namespace keratin::ir {

namespace {

/// From the first to the last element of an axis with `interior` cells between neighbours.
Dim covered(Dim extent, int64_t interior) { return extent == Dim(0) ? extent : (extent - 1) * (interior + 1) + 1; }

}  // namespace

Result<Types> Pad::infer(const Attrs& attrs, const Types& in) {
  const Shape& shape = in[0].shape;
  const size_t rank = shape.dims.size();
  if (in[1] != Type{in[0].dtype, {}})
    return Error{fmt::format("the value is {}, not a scalar of {}", to_string(in[1]), name_of(in[0].dtype))};
  if (attrs.low.size() != rank || attrs.high.size() != rank || attrs.interior.size() != rank)
    return Error{fmt::format("low, high and interior are of {}, {} and {} axes, the operand has {}", attrs.low.size(), attrs.high.size(),
                             attrs.interior.size(), rank)};
  Shape out;
  for (size_t axis = 0; axis < rank; ++axis) {
    const Dim low = attrs.low[axis], high = attrs.high[axis], extent = shape.dims[axis];
    const int64_t interior = attrs.interior[axis];
    if (!never_negative(low) || !never_negative(high) || interior < 0)
      return Error{fmt::format("padding {}, {}, {} of axis {} is negative", to_string(low), to_string(high), interior, axis)};
    if (interior > 0 && extent != Dim(0) && !never_negative(extent - 1))  // the formula does not hold for no elements
      return Error{fmt::format("axis {} of {} elements may be empty, which leaves nothing to put {} cells between", axis,
                               to_string(extent), interior)};
    out.dims.push_back(low + covered(extent, interior) + high);
  }
  return Types{{in[0].dtype, out}};
}

void Pad::grad(const Attrs& attrs, GradBuilder& g) {
  Builder& b = g.builder();
  const Shape part = g.in(0).shape();
  if (g.wants(0)) {
    Slice::Attrs inside{attrs.low, {}, {}};
    for (int axis = 0; axis < part.rank(); ++axis) {
      const size_t i = static_cast<size_t>(axis);
      inside.limit.push_back(attrs.low[i] + covered(part[axis], attrs.interior[i]));
      inside.stride.push_back(attrs.interior[i] + 1);
    }
    g.set(0, b.add1(inside, {g.d_out()}));
  }
  if (g.wants(1) && part.rank() > 0) {
    const Val outside = b.add1(attrs, {b.zeros(g.in(0).type()), b.number(g.in(0).dtype(), 1)});
    g.set(1, b.sum(g.d_out() * outside, {}));
  }
}

void Pad::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator& evaluator) {
  if (is_float(out[0].dtype))
    std::fill(out[0].floats.begin(), out[0].floats.end(), in[1].floats[0]);
  else
    std::fill(out[0].integers.begin(), out[0].integers.end(), in[1].integers[0]);
  Strided target{0, row_major_strides(out[0].shape)};
  for (size_t axis = 0; axis < target.strides.size(); ++axis) {
    target.start += attrs.low[axis].at(evaluator.batch()) * target.strides[axis];
    target.strides[axis] *= attrs.interior[axis] + 1;
  }
  copy_strided(in[0].shape, in[0], {0, row_major_strides(in[0].shape)}, out[0], target);
}

Lowering Pad::lower(const Attrs&, const Types&, const Types&) { return KernelFamily{"pad"}; }

std::string Pad::print(const Attrs& attrs) {
  std::string text = fmt::format("low={} high={}", to_string(Shape(attrs.low)), to_string(Shape(attrs.high)));
  const bool spread = std::any_of(attrs.interior.begin(), attrs.interior.end(), [](int64_t cells) { return cells != 0; });
  return spread ? fmt::format("{} interior=[{}]", text, fmt::join(attrs.interior, ",")) : text;
}

}  // namespace keratin::ir
