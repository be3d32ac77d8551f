#include "ir/ops/gather.h"

#include <algorithm>
#include <fmt/format.h>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/rules.h"
#include "ir/support/check.h"

namespace keratin::ir {

Result<Types> Gather::infer(const Attrs& attrs, const Types& in) {
  const Shape &x = in[0].shape, &indices = in[1].shape;
  if (!is_integer(in[1].dtype)) return Error{fmt::format("indices are {}, not integers", name_of(in[1].dtype))};
  if (auto error = check_axis(attrs.axis, x)) return *error;
  if (attrs.batch_dims < 0 || attrs.batch_dims > attrs.axis || attrs.batch_dims > indices.rank())
    return Error{fmt::format("{} paired axes, axis {} and indices {} allow at most {}", attrs.batch_dims, attrs.axis, to_string(indices),
                             std::min(attrs.axis, indices.rank()))};
  Shape out;
  for (int axis = 0; axis < attrs.axis; ++axis) {
    if (axis < attrs.batch_dims && x[axis] != indices[axis])
      return Error{fmt::format("axis {} is paired, {} and indices {} differ", axis, to_string(x), to_string(indices))};
    out.dims.push_back(x[axis]);
  }
  out.dims.insert(out.dims.end(), indices.dims.begin() + attrs.batch_dims, indices.dims.end());
  out.dims.insert(out.dims.end(), x.dims.begin() + attrs.axis + 1, x.dims.end());
  return Types{{in[0].dtype, out}};
}

void Gather::grad(const Attrs& attrs, GradBuilder& g) {
  if (g.wants(0)) g.set(0, g.builder().scatter_add(g.d_out(), g.in(1), attrs.axis, g.in(0).dim(attrs.axis), attrs.batch_dims));
}

void Gather::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator& evaluator) {
  const Tensor &x = in[0], &indices = in[1];
  const int64_t paired = count_between(x.shape, 0, attrs.batch_dims), outer = count_between(x.shape, attrs.batch_dims, attrs.axis);
  const int64_t extent = x.shape[static_cast<size_t>(attrs.axis)], inner = count_between(x.shape, attrs.axis + 1, x.rank());
  const int64_t taken = count_between(indices.shape, attrs.batch_dims, indices.rank());
  for (int64_t index : indices.integers)
    if (index < 0 || index >= extent) {
      IR_CHECK(attrs.checked, "an index that is known to be in range is not");
      evaluator.fail(fmt::format("index {} is outside 0..{}", index, extent - 1));
    }
  const auto take = [&](const auto& from, auto& to) {
    auto result = to.begin();
    for (int64_t p = 0; p < paired; ++p)
      for (int64_t o = 0; o < outer; ++o)
        for (int64_t i = 0; i < taken; ++i) {
          const int64_t index = indices.integers[static_cast<size_t>(p * taken + i)];
          result = std::copy_n(from.begin() + ((p * outer + o) * extent + index) * inner, inner, result);
        }
  };
  is_float(x.dtype) ? take(x.floats, out[0].floats) : take(x.integers, out[0].integers);
}

Lowering Gather::lower(const Attrs&, const Types&, const Types&) { return KernelFamily{"gather"}; }

std::string Gather::print(const Attrs& attrs) {
  std::string text = fmt::format("axis={}", attrs.axis);
  if (attrs.batch_dims) text += fmt::format(" batch_dims={}", attrs.batch_dims);
  return attrs.checked ? text + " checked" : text;
}

}  // namespace keratin::ir
