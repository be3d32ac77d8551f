#include "ir/ops/scatter_add.h"

#include <algorithm>
#include <fmt/format.h>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/rules.h"

namespace keratin::ir {

Result<Types> ScatterAdd::infer(const Attrs& attrs, const Types& in) {
  const Shape &updates = in[0].shape, &indices = in[1].shape;
  if (!is_number(in[0].dtype)) return Error{fmt::format("adds floats or integers, not {}", name_of(in[0].dtype))};
  if (!is_integer(in[1].dtype)) return Error{fmt::format("indices are {}, not integers", name_of(in[1].dtype))};
  if (!never_negative(attrs.extent)) return Error{fmt::format("extent {} is negative", to_string(attrs.extent))};
  if (attrs.batch_dims < 0 || attrs.batch_dims > attrs.axis || attrs.batch_dims > indices.rank())
    return Error{fmt::format("{} paired axes, axis {} and indices {} allow at most {}", attrs.batch_dims, attrs.axis, to_string(indices),
                             std::min(attrs.axis, indices.rank()))};
  const int index_axes = indices.rank() - attrs.batch_dims;
  bool fits = updates.rank() >= attrs.axis + index_axes;
  for (int axis = 0; fits && axis < indices.rank(); ++axis)
    fits = indices[axis] == updates[axis < attrs.batch_dims ? axis : attrs.axis + axis - attrs.batch_dims];
  if (!fits) return Error{fmt::format("updates {} do not fit indices {} at axis {}", to_string(updates), to_string(indices), attrs.axis)};
  Shape out;
  out.dims.assign(updates.dims.begin(), updates.dims.begin() + attrs.axis);
  out.dims.push_back(attrs.extent);
  out.dims.insert(out.dims.end(), updates.dims.begin() + attrs.axis + index_axes, updates.dims.end());
  return Types{{in[0].dtype, out}};
}

void ScatterAdd::grad(const Attrs& attrs, GradBuilder& g) {
  if (g.wants(0)) g.set(0, g.builder().gather(g.d_out(), g.in(1), attrs.axis, attrs.batch_dims, false));
}

void ScatterAdd::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator& evaluator) {
  const Tensor& indices = in[1];
  Tensor& sums = out[0];
  const int64_t paired = count_between(sums.shape, 0, attrs.batch_dims), outer = count_between(sums.shape, attrs.batch_dims, attrs.axis);
  const int64_t extent = sums.shape[static_cast<size_t>(attrs.axis)], inner = count_between(sums.shape, attrs.axis + 1, sums.rank());
  const int64_t taken = count_between(indices.shape, attrs.batch_dims, indices.rank());
  for (int64_t index : indices.integers)
    if (index < 0 || index >= extent) evaluator.fail(fmt::format("index {} is outside 0..{}", index, extent - 1));
  const auto scatter = [&](const auto& updates, auto& to, auto add) {
    auto from = updates.begin();
    for (int64_t p = 0; p < paired; ++p)
      for (int64_t o = 0; o < outer; ++o)
        for (int64_t i = 0; i < taken; ++i) {
          auto sum = to.begin() + ((p * outer + o) * extent + indices.integers[static_cast<size_t>(p * taken + i)]) * inner;
          for (int64_t k = 0; k < inner; ++k, ++sum, ++from) *sum = add(*sum, *from);
        }
  };
  if (is_float(sums.dtype)) {
    scatter(in[0].floats, sums.floats, [](double a, double b) { return a + b; });
    round_all(evaluator, sums);
  } else {
    const auto add = [&](int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)); };
    scatter(in[0].integers, sums.integers, [&](int64_t a, int64_t b) { return wrap_to(sums.dtype, add(a, b)); });
  }
}

Lowering ScatterAdd::lower(const Attrs&, const Types&, const Types&) { return KernelFamily{"scatter_add"}; }

std::string ScatterAdd::print(const Attrs& attrs) {
  std::string text = fmt::format("axis={} extent={}", attrs.axis, to_string(attrs.extent));
  return attrs.batch_dims ? fmt::format("{} batch_dims={}", text, attrs.batch_dims) : text;
}

}  // namespace keratin::ir
