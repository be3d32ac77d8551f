#include "ir/ops/sort.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/rules.h"
#include "ir/support/sort_stably.h"

namespace keratin::ir {

Result<Types> Sort::infer(const Attrs& attrs, const Types& in) {
  if (in[0].dtype == DType::string) return Error{"strings are not sorted"};
  if (in[0].shape.rank() == 0) return Error{"a scalar has no axis to sort"};
  Shape out = in[0].shape;
  if (attrs.count != -1) {
    if (attrs.count < 1 || !never_negative(out.back() - attrs.count))
      return Error{fmt::format("takes the first {} of {} elements", attrs.count, to_string(out.back()))};
    out.dims.back() = attrs.count;
  }
  return Types{{in[0].dtype, out}, {DType::int32, out}};
}

void Sort::grad(const Attrs&, GradBuilder& g) {
  if (!g.wants(0)) return;
  const int last = g.in().rank() - 1;
  g.set(0, g.builder().scatter_add(g.d_out(0), g.out(1), last, g.in().dim(last), last));
}

void Sort::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator&) {
  const int64_t extent = in[0].shape.back(), kept = out[0].shape.back(), rows = count_between(in[0].shape, 0, in[0].rank() - 1);
  const bool descending = attrs.descending;
  const auto sort = [&](const auto& values, auto& sorted, auto less) {
    std::vector<int64_t> order(static_cast<size_t>(extent));
    for (int64_t row = 0; row < rows; ++row) {
      const auto* from = values.data() + row * extent;
      std::iota(order.begin(), order.end(), 0);
      sort_stably(order, [&](int64_t a, int64_t b) { return descending ? less(from[b], from[a]) : less(from[a], from[b]); });
      for (int64_t i = 0; i < kept; ++i) {
        sorted[static_cast<size_t>(row * kept + i)] = from[order[static_cast<size_t>(i)]];
        out[1].integers[static_cast<size_t>(row * kept + i)] = order[static_cast<size_t>(i)];
      }
    }
  };
  const DType dtype = in[0].dtype;
  if (is_float(dtype))  // NaN is above everything, as in numpy
    sort(in[0].floats, out[0].floats, [](double a, double b) { return a < b || (std::isnan(b) && !std::isnan(a)); });
  else
    sort(in[0].integers, out[0].integers, [dtype](int64_t a, int64_t b) { return integer_less(dtype, a, b); });
}

Lowering Sort::lower(const Attrs&, const Types&, const Types&) { return KernelFamily{"sort"}; }

std::string Sort::print(const Attrs& attrs) {
  std::string text = attrs.descending ? "descending" : "ascending";
  return attrs.count == -1 ? text : fmt::format("{} count={}", text, attrs.count);
}

}  // namespace keratin::ir
