#include "ir/ops/arg_reduce.h"

#include <cmath>
#include <fmt/format.h>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/rules.h"

namespace keratin::ir {

Result<Types> ArgReduce::infer(const Attrs& attrs, const Types& in) {
  if (!is_integer(attrs.dtype)) return Error{fmt::format("an index cannot be {}", name_of(attrs.dtype))};
  if (in[0].dtype == DType::string) return Error{"strings have no largest element"};
  if (auto error = check_axis(attrs.axis, in[0].shape)) return *error;
  if (in[0].shape[attrs.axis] == Dim(0)) return Error{fmt::format("{} has no elements along axis {}", to_string(in[0].shape), attrs.axis)};
  Shape out = in[0].shape;
  out[attrs.axis] = 1;
  return Types{{attrs.dtype, out}};
}

void ArgReduce::grad(const Attrs&, GradBuilder&) {}

void ArgReduce::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator&) {
  const auto [outer, extent, inner] = blocks_around(in[0].shape, attrs.axis);
  const auto find = [&](const auto& values, auto before) {
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < inner; ++i) {
        const auto at = [&](int64_t k) { return values[static_cast<size_t>((o * extent + k) * inner + i)]; };
        int64_t best = 0;
        for (int64_t k = 1; k < extent; ++k)
          if (before(at(k), at(best))) best = k;
        out[0].integers[static_cast<size_t>(o * inner + i)] = wrap_to(attrs.dtype, best);
      }
  };
  const DType dtype = in[0].dtype;
  const bool largest = attrs.largest;
  if (is_float(dtype))  // the first NaN wins, as in numpy
    find(in[0].floats, [=](double x, double best) { return !std::isnan(best) && (std::isnan(x) || (largest ? x > best : x < best)); });
  else
    find(in[0].integers, [=](int64_t x, int64_t best) { return largest ? integer_less(dtype, best, x) : integer_less(dtype, x, best); });
}

Lowering ArgReduce::lower(const Attrs&, const Types&, const Types&) { return KernelFamily{"arg_reduce"}; }

std::string ArgReduce::print(const Attrs& attrs) { return fmt::format("{} axis={}", attrs.largest ? "max" : "min", attrs.axis); }

}  // namespace keratin::ir
