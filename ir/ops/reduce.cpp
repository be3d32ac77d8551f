#include "ir/ops/reduce.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/rules.h"
#include "ir/support/check.h"

namespace keratin::ir {

using Kind = Reduce::Kind;

std::string_view Reduce::name_of(Kind kind) {
  static constexpr std::array<std::string_view, 6> kNames = {"sum", "prod", "max", "min", "any", "all"};
  return kNames[static_cast<size_t>(kind)];
}

Result<Types> Reduce::infer(const Attrs& attrs, const Types& in) {
  const bool logical = attrs.kind == Kind::any || attrs.kind == Kind::all;
  if (logical ? in[0].dtype != DType::boolean : !is_number(in[0].dtype))
    return Error{fmt::format("{} takes {}, not {}", name_of(attrs.kind), logical ? "bools" : "floats or integers",
                             keratin::name_of(in[0].dtype))};
  if (attrs.axes.empty()) return Error{fmt::format("{} without an axis", name_of(attrs.kind))};
  if (auto error = check_axes(attrs.axes, in[0].shape)) return *error;
  Shape out = in[0].shape;
  for (int axis : attrs.axes) out[axis] = 1;
  return Types{{in[0].dtype, out}};
}

namespace {

/// For each element the product of the others, without a division, so that zeros do no harm: axis by axis, what is before times what is
/// behind.
Val product_of_others(Builder& b, Val x, const std::vector<int>& axes) {
  Val result, partial = x;
  for (int axis : axes) {
    const Val before = b.cumulative(Cumulative::Kind::prod, partial, axis, false, true);
    const Val behind = b.cumulative(Cumulative::Kind::prod, partial, axis, true, true);
    result = axis == axes.front() ? before * behind : result * (before * behind);
    partial = b.reduce(Kind::prod, partial, {axis}, true);
  }
  return result;
}

}  // namespace

void Reduce::grad(const Attrs& attrs, GradBuilder& g) {
  if (!g.wants(0)) return;
  Builder& b = g.builder();
  switch (attrs.kind) {
    case Kind::sum: return g.set(0, b.broadcast(g.d_out(), g.in().shape()));
    case Kind::prod: return g.set(0, product_of_others(b, g.in(), attrs.axes) * g.d_out());
    case Kind::max:
    case Kind::min: {
      const Val chosen = b.cast(b.compare(Compare::Kind::eq, g.in(), g.out()), g.in().dtype());
      return g.set(0, chosen / b.sum(chosen, attrs.axes, true) * g.d_out());
    }
    default: return;
  }
}

namespace {

/// `combine(accumulator, element)` over the elements of each group, from the first to the last.
template <class T, class F>
void accumulate(const Tensor& in, const std::vector<T>& elements, const Tensor& out, std::vector<T>& results, T start, F combine) {
  std::fill(results.begin(), results.end(), start);
  std::vector<int64_t> to = row_major_strides(out.shape);
  for (size_t axis = 0; axis < to.size(); ++axis)
    if (out.shape[axis] != in.shape[axis]) to[axis] = 0;
  const int64_t extent = in.shape.back(), step = out.shape.back() == extent ? 1 : 0;
  for_each_row(in.shape, row_major_strides(in.shape), to, [&](int64_t from, int64_t at) {
    for (int64_t i = 0; i < extent; ++i) {
      T& result = results[static_cast<size_t>(at + i * step)];
      result = combine(result, elements[static_cast<size_t>(from + i)]);
    }
  });
}

void reduce_floats(Kind kind, const Tensor& in, Tensor& out) {
  const auto run = [&](double start, auto combine) { accumulate(in, in.floats, out, out.floats, start, combine); };
  const double infinity = std::numeric_limits<double>::infinity();
  switch (kind) {  // a NaN stays
    case Kind::sum: return run(0, [](double a, double x) { return a + x; });
    case Kind::prod: return run(1, [](double a, double x) { return a * x; });
    case Kind::max: return run(-infinity, [](double a, double x) { return x > a || std::isnan(x) ? x : a; });
    case Kind::min: return run(infinity, [](double a, double x) { return x < a || std::isnan(x) ? x : a; });
    default: check_failed("a float reduction", __FILE__, __LINE__);
  }
}

void reduce_integers(Kind kind, const Tensor& in, Tensor& out) {
  const DType dtype = in.dtype;
  const auto run = [&](int64_t start, auto combine) { accumulate(in, in.integers, out, out.integers, start, combine); };
  const auto wrapped = [dtype](uint64_t value) { return wrap_to(dtype, static_cast<int64_t>(value)); };
  switch (kind) {
    case Kind::sum: return run(0, [&](int64_t a, int64_t x) { return wrapped(static_cast<uint64_t>(a) + static_cast<uint64_t>(x)); });
    case Kind::prod: return run(1, [&](int64_t a, int64_t x) { return wrapped(static_cast<uint64_t>(a) * static_cast<uint64_t>(x)); });
    case Kind::max: return run(lowest_integer(dtype), [&](int64_t a, int64_t x) { return integer_less(dtype, a, x) ? x : a; });
    case Kind::min: return run(highest_integer(dtype), [&](int64_t a, int64_t x) { return integer_less(dtype, x, a) ? x : a; });
    case Kind::any: return run(0, [](int64_t a, int64_t x) { return a | x; });
    case Kind::all: return run(1, [](int64_t a, int64_t x) { return a & x; });
  }
}

}  // namespace

void Reduce::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator& evaluator) {
  if (!is_float(in[0].dtype)) return reduce_integers(attrs.kind, in[0], out[0]);
  reduce_floats(attrs.kind, in[0], out[0]);
  round_all(evaluator, out[0]);
}

Lowering Reduce::lower(const Attrs&, const Types&, const Types&) { return KernelFamily{"reduce"}; }

std::string Reduce::print(const Attrs& attrs) { return fmt::format("{} axes=({})", name_of(attrs.kind), fmt::join(attrs.axes, ",")); }

}  // namespace keratin::ir
