#include "ir/ops/cumulative.h"

#include <array>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <numeric>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/rules.h"
#include "ir/support/check.h"

namespace keratin::ir {

using Kind = Cumulative::Kind;

std::string_view Cumulative::name_of(Kind kind) {
  static constexpr std::array<std::string_view, 4> kNames = {"sum", "prod", "max", "min"};
  return kNames[static_cast<size_t>(kind)];
}

Result<Types> Cumulative::infer(const Attrs& attrs, const Types& in) {
  if (!is_number(in[0].dtype))
    return Error{fmt::format("a running {} takes floats or integers, not {}", name_of(attrs.kind), keratin::name_of(in[0].dtype))};
  if (auto error = check_axis(attrs.axis, in[0].shape)) return *error;
  return Types{in[0]};
}

namespace {

/// Element i becomes element i + places, zeros come in at the end.
Val shift_down(Builder& b, Val x, int axis, int64_t places) {
  std::vector<Dim> low(static_cast<size_t>(x.rank())), high = low;
  high[static_cast<size_t>(axis)] = places;
  return b.pad(b.slice(x, axis, places, x.dim(axis)), low, high);
}

/// The gradient of a running maximum goes to the element that set it, the first one at ties. x and d run forwards, d belongs to the
/// inclusive form.
Val grad_extreme(Builder& b, Kind kind, int axis, Val x, Val d) {
  const int last = x.rank() - 1;
  std::vector<int> order(static_cast<size_t>(x.rank()));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[static_cast<size_t>(axis)], order[static_cast<size_t>(last)]);
  x = b.transpose(x, order);
  d = b.transpose(d, order);
  const Val before = b.cumulative(kind, x, last, false, true);
  const Val sets = b.compare(kind == Kind::max ? Compare::Kind::gt : Compare::Kind::lt, x, before);
  const Type places{DType::int32, x.shape()};
  const Val setter = b.cumulative(Kind::max, b.select(sets, b.iota(places, last), b.zeros(places)), last);
  return b.transpose(b.scatter_add(d, setter, last, x.dim(last), last), order);
}

/// With h[j] = d[j] + x[j+1] h[j+1] the gradient is h[j] times the product before j: no division, so that zeros do no harm. The recurrence
/// is solved by doubling (Hillis and Steele 1986), in log2(extent) steps.
Val grad_prod(Builder& b, int axis, Val x, Val d) {
  if (!x.dim(axis).is_static()) return b.fail("a running product along the batch has no gradient");
  Val factor = shift_down(b, x, axis, 1), sum = d;
  const int64_t extent = x.dim(axis).size;
  for (int64_t step = 1; step < extent; step *= 2) {
    sum = sum + factor * shift_down(b, sum, axis, step);
    if (2 * step < extent) factor = factor * shift_down(b, factor, axis, step);
  }
  return sum * b.cumulative(Kind::prod, x, axis, false, true);
}

}  // namespace

void Cumulative::grad(const Attrs& attrs, GradBuilder& g) {
  if (!g.wants(0)) return;
  Builder& b = g.builder();
  if (attrs.kind == Kind::sum) return g.set(0, b.cumulative(Kind::sum, g.d_out(), attrs.axis, !attrs.reverse, attrs.exclusive));
  if (g.in().dim(attrs.axis) == Dim(0)) return;
  Val x = g.in(), d = g.d_out();
  if (attrs.reverse) {
    x = b.reverse(x, {attrs.axis});
    d = b.reverse(d, {attrs.axis});
  }
  if (attrs.exclusive) d = shift_down(b, d, attrs.axis, 1);
  const Val gradient = attrs.kind == Kind::prod ? grad_prod(b, attrs.axis, x, d) : grad_extreme(b, attrs.kind, attrs.axis, x, d);
  g.set(0, attrs.reverse ? b.reverse(gradient, {attrs.axis}) : gradient);
}

namespace {

template <class T, class F>
void run_along(const Cumulative::Attrs& attrs, const std::vector<int64_t>& shape, const std::vector<T>& from, std::vector<T>& to, T start,
               F combine) {
  const auto [outer, extent, inner] = blocks_around(shape, attrs.axis);
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i) {
      T running = start;
      for (int64_t k = 0; k < extent; ++k) {
        const size_t at = static_cast<size_t>((o * extent + (attrs.reverse ? extent - 1 - k : k)) * inner + i);
        const T next = combine(running, from[at]);
        to[at] = attrs.exclusive ? running : next;
        running = next;
      }
    }
}

void run_floats(const Cumulative::Attrs& attrs, const Tensor& in, Tensor& out) {
  const auto run = [&](double start, auto combine) { run_along(attrs, in.shape, in.floats, out.floats, start, combine); };
  const double infinity = std::numeric_limits<double>::infinity();
  switch (attrs.kind) {
    case Kind::sum: return run(0, [](double a, double x) { return a + x; });
    case Kind::prod: return run(1, [](double a, double x) { return a * x; });
    case Kind::max: return run(-infinity, [](double a, double x) { return x > a || std::isnan(x) ? x : a; });
    case Kind::min: return run(infinity, [](double a, double x) { return x < a || std::isnan(x) ? x : a; });
  }
}

void run_integers(const Cumulative::Attrs& attrs, const Tensor& in, Tensor& out) {
  const DType dtype = in.dtype;
  const auto run = [&](int64_t start, auto combine) { run_along(attrs, in.shape, in.integers, out.integers, start, combine); };
  const auto wrapped = [dtype](uint64_t value) { return wrap_to(dtype, static_cast<int64_t>(value)); };
  switch (attrs.kind) {
    case Kind::sum: return run(0, [&](int64_t a, int64_t x) { return wrapped(static_cast<uint64_t>(a) + static_cast<uint64_t>(x)); });
    case Kind::prod: return run(1, [&](int64_t a, int64_t x) { return wrapped(static_cast<uint64_t>(a) * static_cast<uint64_t>(x)); });
    case Kind::max: return run(lowest_integer(dtype), [&](int64_t a, int64_t x) { return integer_less(dtype, a, x) ? x : a; });
    case Kind::min: return run(highest_integer(dtype), [&](int64_t a, int64_t x) { return integer_less(dtype, x, a) ? x : a; });
  }
}

}  // namespace

void Cumulative::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator& evaluator) {
  if (!is_float(in[0].dtype)) return run_integers(attrs, in[0], out[0]);
  run_floats(attrs, in[0], out[0]);
  round_all(evaluator, out[0]);
}

Lowering Cumulative::lower(const Attrs&, const Types&, const Types&) { return KernelFamily{"cumulative"}; }

std::string Cumulative::print(const Attrs& attrs) {
  return fmt::format("{} axis={}{}{}", name_of(attrs.kind), attrs.axis, attrs.reverse ? " reverse" : "",
                     attrs.exclusive ? " exclusive" : "");
}

}  // namespace keratin::ir
