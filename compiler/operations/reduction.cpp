// Reductions and running sums (keras.ops.sum, ...): axis None means all axes, a list any of them.
#include <cmath>
#include <fmt/format.h>

#include "compiler/operations/operation.h"

namespace keratin {

namespace {

using Unary = ir::Unary::Kind;
using Binary = ir::Binary::Kind;
using Compare = ir::Compare::Kind;
using Reduce = ir::Reduce::Kind;
using Axes = std::vector<int>;
using Function = std::function<Val(Val x, const Axes& axes, bool keepdims)>;

bool is_bool(Val x) { return x.dtype() == DType::boolean; }

/// The type of sums and products: small integers and bools grow to 32 bits.
DType summed_dtype(DType dtype) {
  switch (dtype) {
    case DType::boolean:
    case DType::int8:
    case DType::int16: return DType::int32;
    case DType::uint8:
    case DType::uint16: return DType::uint32;
    default: return dtype;
  }
}

/// Averages are made in float32 at least and have the operand's type where that is a float.
Val in_float32(Val x, const std::function<Val(Val)>& f) {
  ir::Builder& b = x.builder();
  const DType own = x.dtype();
  const Val y = f(b.cast(x, own == DType::float64 ? own : DType::float32));
  return is_float(own) ? b.cast(y, own) : y;
}

Val sum(Val x, const Axes& axes, bool keepdims) { return x.builder().sum(x.builder().cast(x, summed_dtype(x.dtype())), axes, keepdims); }

Val mean(Val x, const Axes& axes, bool keepdims) {
  return in_float32(x, [&](Val v) { return v.builder().mean(v, axes, keepdims); });
}

Val variance(Val x, const Axes& axes, bool keepdims) {
  return in_float32(x, [&](Val v) {
    const Val difference = v - v.builder().mean(v, axes, true);
    return v.builder().mean(difference * difference, axes, keepdims);
  });
}

Val standard_deviation(Val x, const Axes& axes, bool keepdims) {
  return in_float32(x, [&](Val v) { return sqrt(variance(v, axes, keepdims)); });
}

Val extreme(Reduce kind, Val x, const Axes& axes, bool keepdims) {
  if (is_bool(x)) return x.builder().reduce(kind == Reduce::max ? Reduce::any : Reduce::all, x, axes, keepdims);
  return x.builder().reduce(kind, x, axes, keepdims);
}

Val log_sum_exp(Val x, const Axes& axes, bool keepdims) {
  ir::Builder& b = x.builder();
  if (!is_float(x.dtype())) x = b.cast(x, DType::float32);
  Val top = stop_gradient(b.max(x, axes, true));
  top = b.select(b.unary(Unary::is_finite, top), top, b.number(x.dtype(), 0));
  const Val total = log(b.sum(exp(x - top), axes, true)) + top;
  return keepdims ? total : b.squeeze(total, axes);
}

Operation row(std::string_view name, Function f) {
  return {name, "axis keepdims", "x", [f](Arguments& a) {
            const Val x = a.tensor("x");
            if (x.poisoned()) return one(x);
            const Axes axes = a.axes("axis", x.rank());
            const bool keepdims = a.boolean("keepdims", false);
            if (a.failed()) return one({});
            if (x.rank() > 0 && axes.empty()) return one(a.fail("axis", "an empty list is not supported"));
            return one(f(x, axes, keepdims));
          }};
}

/// Max and Min, which may start from a number.
Operation with_initial(std::string_view name, Reduce kind, Binary pair) {
  Operation operation = row(name, [kind](Val x, const Axes& axes, bool keepdims) { return extreme(kind, x, axes, keepdims); });
  operation.config = "axis keepdims initial";
  operation.build = [inner = operation.build, pair](Arguments& a) {
    const Vals result = inner(a);
    if (!a.given("initial") || result[0].poisoned()) return result;
    return one(a.b.binary(pair, result[0], a.as(a.operand("initial"), result[0].dtype())));
  };
  return operation;
}

/// Sums and products of elements that are no NaN.
Operation without_nan(std::string_view name, double neutral, Function f) {
  return row(name, [=](Val x, const Axes& axes, bool keepdims) {
    ir::Builder& b = x.builder();
    if (is_float(x.dtype())) x = b.select(b.unary(Unary::is_nan, x), b.number(x.dtype(), neutral), x);
    return f(x, axes, keepdims);
  });
}

Val nan_mean(Val x, const Axes& axes, bool keepdims) {
  if (!is_float(x.dtype())) return mean(x, axes, keepdims);
  return in_float32(x, [&](Val v) {
    ir::Builder& b = v.builder();
    const Val nan = b.unary(Unary::is_nan, v);
    const Val total = b.sum(b.select(nan, b.number(v.dtype(), 0), v), axes, keepdims);
    return total / b.sum(b.cast(b.unary(Unary::logical_not, nan), v.dtype()), axes, keepdims);
  });
}

Val product(Arguments& a) {
  const Val x = a.tensor("x");
  if (x.poisoned()) return x;
  const DType dtype = a.dtype("dtype", summed_dtype(x.dtype()));
  return a.b.reduce(Reduce::prod, a.b.cast(x, dtype), a.axes("axis", x.rank()), a.boolean("keepdims", false));
}

Operation arg_extreme(std::string_view name, bool largest) {
  return {name, "axis keepdims", "x", [largest](Arguments& a) {
            Val x = a.tensor("x");
            if (x.poisoned()) return one(x);
            const int rank = x.rank();
            const bool keepdims = a.boolean("keepdims", false);
            if (a.given("axis")) return one(a.b.arg_reduce(x, largest, a.axis("axis", rank), DType::int32, keepdims));
            if (!x.shape().is_static()) return one(a.fail("axis", "None needs a tensor of known size; the number of examples is not"));
            const Val index = a.b.arg_reduce(a.b.reshape(x, {x.shape().static_count()}), largest, 0, DType::int32);
            return one(keepdims ? a.b.reshape(index, Shape(std::vector<Dim>(static_cast<size_t>(rank), Dim(1)))) : index);
          }};
}

Operation running(std::string_view name, ir::Cumulative::Kind kind) {
  return {name, "axis dtype", "x", [kind](Arguments& a) {
            Val x = a.tensor("x");
            if (x.poisoned()) return one(x);
            x = a.b.cast(x, a.dtype("dtype", is_bool(x) ? DType::int32 : x.dtype()));
            if (a.given("axis")) return one(a.b.cumulative(kind, x, a.axis("axis", x.rank())));
            if (!x.shape().is_static()) return one(a.fail("axis", "None needs a tensor of known size; the number of examples is not"));
            return one(a.b.cumulative(kind, a.b.reshape(x, {x.shape().static_count()}), 0));
          }};
}

Val average(Arguments& a) {
  Val x = a.tensor("x");
  if (x.poisoned()) return x;
  const Axes axes = a.axes("axis", x.rank());
  if (!a.given("weights")) return mean(x, axes, false);
  Vals both = a.promoted({a.operand("x"), a.operand("weights")}, kWeakFloat);
  if (both[0].poisoned() || both[1].poisoned()) return {};
  if (both[1].shape() != x.shape()) {
    if (both[1].rank() != 1 || axes.size() != 1 || both[1].dim(0) != x.dim(axes[0]))
      return a.fail("weights", fmt::format("{} fit neither {} nor its axis", ir::keras_shape(both[1].shape()), ir::keras_shape(x.shape())));
    Shape wide(std::vector<Dim>(static_cast<size_t>(x.rank()), Dim(1)));
    wide[axes[0]] = x.dim(axes[0]);
    both[1] = a.b.broadcast(a.b.reshape(both[1], wide), x.shape());
  }
  return a.b.sum(both[0] * both[1], axes) / a.b.sum(both[1], axes);
}

Vals moments(Arguments& a) {
  if (a.boolean("synchronized", false)) return {a.fail("synchronized", "true is not supported"), {}};
  const Val x = a.tensor("x");
  if (x.poisoned()) return {x, x};
  const Axes axes = a.axes("axes", x.rank());
  const bool keepdims = a.boolean("keepdims", false);
  return {mean(x, axes, keepdims), variance(x, axes, keepdims)};
}

Val count_nonzero(Val x, const Axes& axes, bool) { return x.builder().sum(x.builder().cast(x.builder().cast(x, DType::boolean), DType::int32), axes); }

OperationTable reductions() {
  const auto extremes = [](Reduce kind) { return [kind](Val x, const Axes& axes, bool keepdims) { return extreme(kind, x, axes, keepdims); }; };
  const auto logical = [](Reduce kind) {
    return [kind](Val x, const Axes& axes, bool keepdims) { return x.builder().reduce(kind, x.builder().cast(x, DType::boolean), axes, keepdims); };
  };
  return {
      row("All", logical(Reduce::all)),
      row("Amax", extremes(Reduce::max)),
      row("Amin", extremes(Reduce::min)),
      row("Any", logical(Reduce::any)),
      arg_extreme("Argmax", true),
      arg_extreme("Argmin", false),
      {"Average", "axis", "x weights", [](Arguments& a) { return one(average(a)); }},
      row("CountNonzero", count_nonzero),
      running("Cumprod", ir::Cumulative::Kind::prod),
      running("Cumsum", ir::Cumulative::Kind::sum),
      row("Logsumexp", log_sum_exp),
      with_initial("Max", Reduce::max, Binary::max),
      row("Mean", mean),
      with_initial("Min", Reduce::min, Binary::min),
      {"Moments", "axes keepdims synchronized", "x", moments},
      row("Nanmean", nan_mean),
      without_nan("Nanprod", 1, [](Val x, const Axes& axes, bool keepdims) { return x.builder().reduce(Reduce::prod, x.builder().cast(x, summed_dtype(x.dtype())), axes, keepdims); }),
      without_nan("Nansum", 0, sum),
      {"Prod", "axis keepdims dtype", "x", [](Arguments& a) { return one(product(a)); }},
      row("Ptp", [](Val x, const Axes& axes, bool keepdims) { return extreme(Reduce::max, x, axes, keepdims) - extreme(Reduce::min, x, axes, keepdims); }),
      row("Std", standard_deviation),
      row("Sum", sum),
      row("Var", variance),
  };
}

}  // namespace

const OperationTable& reduction_operations() {
  static const OperationTable table = reductions();
  return table;
}

}  // namespace keratin
