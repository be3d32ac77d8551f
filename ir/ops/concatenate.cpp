#include "ir/ops/concatenate.h"

#include <fmt/format.h>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/rules.h"

namespace keratin::ir {

Result<Types> Concatenate::infer(const Attrs& attrs, const Types& in) {
  if (in.empty()) return Error{"nothing to join"};
  if (auto error = check_axis(attrs.axis, in[0].shape)) return *error;
  Type out = in[0];
  for (size_t i = 1; i < in.size(); ++i) {
    Type fitted = in[i];
    if (fitted.shape.rank() == out.shape.rank()) fitted.shape[attrs.axis] = in[0].shape[attrs.axis];
    if (fitted != in[0]) return Error{fmt::format("cannot join {} and {} along axis {}", to_string(in[0]), to_string(in[i]), attrs.axis)};
    out.shape[attrs.axis] = out.shape[attrs.axis] + in[i].shape[attrs.axis];
  }
  return Types{out};
}

void Concatenate::grad(const Attrs& attrs, GradBuilder& g) {
  Dim start = 0;
  for (size_t i = 0; i < g.inputs(); ++i) {
    const Dim limit = start + g.in(i).dim(attrs.axis);
    if (g.wants(i)) g.set(i, g.builder().slice(g.d_out(), attrs.axis, start, limit));
    start = limit;
  }
}

void Concatenate::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator&) {
  Strided target{0, row_major_strides(out[0].shape)};
  for (const Tensor& part : in) {
    copy_strided(part.shape, part, {0, row_major_strides(part.shape)}, out[0], target);
    target.start += part.shape[static_cast<size_t>(attrs.axis)] * target.strides[static_cast<size_t>(attrs.axis)];
  }
}

Lowering Concatenate::lower(const Attrs&, const Types&, const Types&) { return KernelFamily{"concatenate"}; }

std::string Concatenate::print(const Attrs& attrs) { return fmt::format("axis={}", attrs.axis); }

}  // namespace keratin::ir
