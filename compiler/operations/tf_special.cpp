// TensorFlow's functions that are no plain renaming of one of Keras's operations.
#include <fmt/format.h>

#include "compiler/layers/convolution.h"
#include "compiler/operations/get_item.h"
#include "compiler/operations/moves.h"
#include "compiler/operations/tf_functions.h"
#include "compiler/operations/traced.h"

namespace keratin {

namespace {

using Binary = ir::Binary::Kind;
using Reduce = ir::Reduce::Kind;

/// Quotients of integers are float64, of 8 and 16 bits float32.
Val true_divide(Arguments& a, const Operand& x, const Operand& y) {
  Vals both = a.promoted({x, y});
  for (Val& value : both) {
    if (value.poisoned()) return {};
    if (is_float(value.dtype())) continue;
    value = a.b.cast(value, size_of(value.dtype()) <= 2 ? DType::float32 : DType::float64);
  }
  return both[0] / both[1];
}

/// `c - x` as `x.__rsub__(c)`: the tensor comes first, the other operand under either name.
TfFunction reversed(std::string_view name, std::string_view operation) {
  return {name, "", "self x y", {}, [operation](Arguments& a) {
            const Operand other = a.operand(a.given("x") ? "x" : "y"), own = a.operand("self");
            if (operation == "TrueDivide") return one(true_divide(a, other, own));
            Vals both = a.promoted({other, own});
            if (both[0].poisoned() || both[1].poisoned()) return one({});
            if (operation == "Matmul") return one(a.b.matmul(both[0], both[1]));
            const Binary kind = operation == "Add"           ? Binary::add
                                : operation == "Subtract"    ? Binary::sub
                                : operation == "Multiply"    ? Binary::mul
                                : operation == "FloorDivide" ? Binary::floor_div
                                : operation == "Mod"         ? Binary::mod
                                                             : Binary::pow;
            return one(a.b.binary(kind, both[0], both[1]));
          }};
}

TfFunction quotient(std::string_view name) {
  return {name, "", "x y", {}, [](Arguments& a) { return one(true_divide(a, a.operand("x"), a.operand("y"))); }};
}

TfFunction of_two(std::string_view name, std::function<Val(Val, Val)> f) {
  return {name, "", "x y", {}, [f](Arguments& a) {
            const Vals x = a.promoted({a.operand("x"), a.operand("y")});
            return one(x[0].poisoned() || x[1].poisoned() ? Val() : f(x[0], x[1]));
          }};
}

/// Sums, products and means have the operand's own type.
TfFunction own_type(std::string_view name, Reduce kind) {
  return {name, "", "input_tensor axis keepdims", {}, [kind](Arguments& a) {
            const Val x = a.tensor("input_tensor");
            if (x.poisoned()) return one(x);
            const std::vector<int> axes = a.axes("axis", x.rank());
            const bool keepdims = a.boolean("keepdims", false);
            return one(a.failed() || axes.empty() ? x : a.b.reduce(kind, x, axes, keepdims));
          }};
}

Val mean(Arguments& a) {
  const Val x = a.tensor("input_tensor");
  if (x.poisoned()) return x;
  if (!is_float(x.dtype())) return a.fail(fmt::format("the mean of {} is not supported", name_of(x.dtype())));
  const std::vector<int> axes = a.axes("axis", x.rank());
  return a.failed() || axes.empty() ? x : a.b.mean(x, axes, a.boolean("keepdims", false));
}

Val sum_of_list(Arguments& a) {
  Val sum;
  for (const Val& term : a.promoted(a.operands("inputs"))) {
    if (term.poisoned()) return {};
    sum = sum.poisoned() ? term : sum + term;
  }
  return sum;
}

Val cumulative(Arguments& a, ir::Cumulative::Kind kind) {
  const Val x = a.tensor("x");
  return x.poisoned() ? x : a.b.cumulative(kind, x, a.axis("axis", x.rank(), 0), a.boolean("reverse", false), a.boolean("exclusive", false));
}

Val arg_extreme(Arguments& a, bool largest) {
  const Val x = a.tensor("input");
  return x.poisoned() ? x : a.b.arg_reduce(x, largest, a.axis("axis", x.rank(), 0), a.dtype("output_type", DType::int64));
}

/// x / sqrt(max(sum of squares, epsilon)).
Val l2_normalize(Arguments& a) {
  const Val x = a.tensor("x");
  if (x.poisoned()) return x;
  const std::vector<int> axes = a.axes("axis", x.rank());
  return a.failed() ? Val() : x * rsqrt(maximum(a.b.sum(x * x, axes, true), a.number("epsilon", 1e-12)));
}

Val batch_normalization(Arguments& a) {
  const Val x = a.tensor("x"), variance = a.tensor("variance"), mean = a.tensor("mean");
  Val scale = rsqrt(variance + a.number("variance_epsilon"));
  if (a.given("scale")) scale = scale * a.tensor("scale");
  Val y = (x - mean) * scale;
  if (a.given("offset")) y = y + a.tensor("offset");
  return y;
}

Val bias_add(Arguments& a) {
  const Vals x = a.promoted({a.operand("value"), a.operand("bias")});
  if (x[0].poisoned() || x[1].poisoned()) return {};
  return a.channels_first() ? to_channels_first(to_channels_last(x[0]) + x[1]) : x[0] + x[1];
}

Val silu_of(Arguments& a) {
  const Val x = a.tensor("features");
  return x.poisoned() ? x : x * sigmoid(x * a.number("beta", 1));
}

/// A number of equal parts, or the size of each.
Vals split(Arguments& a) {
  const Val x = a.tensor("value");
  if (x.poisoned()) return {};
  const int axis = a.axis("axis", x.rank(), 0);
  const Json given = a.constant("num_or_size_splits");
  std::vector<int64_t> sizes = a.integers("num_or_size_splits").value_or(std::vector<int64_t>{});
  const Dim extent = x.dim(axis);
  if (a.failed()) return {};
  if (!extent.is_static()) return one(a.fail("axis", "the parts of the batch depend on the number of examples"));
  if (!given.is_array() && sizes.size() == 1) {
    if (sizes[0] < 1 || extent.size % sizes[0] != 0) return one(a.fail("num_or_size_splits", fmt::format("{} elements are no {} equal parts", extent.size, sizes[0])));
    sizes.assign(static_cast<size_t>(sizes[0]), extent.size / sizes[0]);
  }
  int64_t known = 0;
  for (int64_t size : sizes) known += size < 0 ? 0 : size;
  Vals parts;
  int64_t start = 0;
  for (int64_t size : sizes) {
    const int64_t limit = start + (size < 0 ? extent.size - known : size);
    parts.push_back(a.b.slice(x, axis, start, limit));
    start = limit;
  }
  if (start != extent.size) return one(a.fail("num_or_size_splits", fmt::format("add up to {}, the axis has {} elements", start, extent.size)));
  return parts;
}

Val gather(Arguments& a) {
  const Val x = a.tensor("params"), indices = a.tensor("indices");
  if (x.poisoned() || indices.poisoned()) return {};
  const int64_t batch_dims = a.integer("batch_dims", 0);
  if (batch_dims < 0 || batch_dims >= x.rank()) return a.fail("batch_dims", fmt::format("{} of {} dimensions", batch_dims, x.rank()));
  return take_along(a, "indices", x, indices, a.axis("axis", x.rank(), batch_dims), false, static_cast<int>(batch_dims));
}

Val one_hot(Arguments& a) {
  const Val indices = a.tensor("indices");
  if (indices.poisoned()) return indices;
  const int64_t depth = a.integer("depth");
  if (depth < 1) return a.failed() ? Val() : a.fail("depth", fmt::format("{} is below 1", depth));
  const DType dtype = a.dtype("dtype", DType::float32);
  const double on = a.number("on_value", 1), off = a.number("off_value", 0);
  Val wide = a.b.one_hot(indices, depth, dtype);
  if (on != 1 || off != 0) wide = wide * (on - off) + off;
  return axis_from_end(wide, a.axis("axis", wide.rank(), -1));
}

Val sorted(Arguments& a, size_t output) {
  const Val x = a.tensor("values");
  if (x.poisoned()) return x;
  const std::string direction = a.text("direction", "ASCENDING");
  if (direction != "ASCENDING" && direction != "DESCENDING") return a.fail("direction", fmt::format("'{}' is not one of ASCENDING, DESCENDING", direction));
  a.boolean("stable", false);  // it is
  const int axis = a.axis("axis", x.rank(), -1);
  return axis_from_end(a.b.sort(axis_to_end(x, axis), direction == "DESCENDING")[output], axis);
}

Val matvec(Arguments& a) {
  const Val matrix = a.tensor("a"), vector = a.tensor("b");
  if (matrix.poisoned() || vector.poisoned()) return {};
  const Val product = a.b.matmul(matrix, a.b.expand_dims(vector, -1));
  return product.poisoned() ? product : a.b.squeeze(product, {-1});
}

/// begin:end:strides with a bit for each entry that says whether it is open, an ellipsis, a new axis or a single element.
Val strided_slice(Arguments& a) {
  const std::vector<std::optional<Dim>> begin = a.sizes("begin"), end = a.sizes("end");
  const std::vector<int64_t> strides = a.integers("strides").value_or(std::vector<int64_t>(begin.size(), 1));
  const auto has = [&](std::string_view mask, size_t i) { return (a.integer(mask, 0) >> i & 1) != 0; };
  Val x = a.tensor("input_");
  if (a.failed() || x.poisoned()) return {};
  if (end.size() != begin.size() || strides.size() != begin.size()) return a.fail("begin, end and strides differ in length");
  int taken = 0;  // axes that the entries other than the ellipsis take
  for (size_t i = 0; i < begin.size(); ++i) taken += !has("ellipsis_mask", i) && !has("new_axis_mask", i);
  if (taken > x.rank()) return a.fail(fmt::format("takes {} dimensions of a tensor of {}", taken, x.rank()));
  int axis = 0;
  for (size_t i = 0; i < begin.size(); ++i) {
    if (has("ellipsis_mask", i)) {
      axis += x.rank() - axis;
      for (size_t j = i + 1; j < begin.size(); ++j) axis -= !has("new_axis_mask", j);
    } else if (has("new_axis_mask", i)) {
      x = a.b.expand_dims(x, axis++);
    } else if (has("shrink_axis_mask", i)) {
      x = python_index(a, "begin", x, axis, *begin[i]);
    } else {
      PythonSlice slice{begin[i], end[i], strides[i]};
      if (has("begin_mask", i)) slice.start = std::nullopt;
      if (has("end_mask", i)) slice.stop = std::nullopt;
      x = python_slice(a, "begin", x, axis++, slice);
    }
    if (x.poisoned()) return x;
  }
  return x;
}

}  // namespace

const TfTable& tf_special_functions() {
  static const TfTable table = {
      reversed("__operators__.radd", "Add"),
      reversed("__operators__.rfloordiv", "FloorDivide"),
      reversed("__operators__.rmatmul", "Matmul"),
      reversed("__operators__.rmod", "Mod"),
      reversed("__operators__.rmul", "Multiply"),
      reversed("__operators__.rpow", "Power"),
      reversed("__operators__.rsub", "Subtract"),
      reversed("__operators__.rtruediv", "TrueDivide"),
      quotient("__operators__.truediv"),
      {"argsort", "", "values axis direction stable", {}, [](Arguments& a) { return one(sorted(a, 1)); }},
      {"einsum", "Einsum", "equation:subscripts inputs:operands", {}, {}},
      {"gather", "", "params indices validate_indices axis batch_dims", {}, [](Arguments& a) { return one(gather(a)); }},
      {"linalg.l2_normalize", "", "x axis epsilon", {}, [](Arguments& a) { return one(l2_normalize(a)); }},
      {"linalg.matvec", "", "a b", {}, [](Arguments& a) { return one(matvec(a)); }},
      {"math.add_n", "", "inputs", {}, [](Arguments& a) { return one(sum_of_list(a)); }},
      {"math.argmax", "", "input axis output_type", {}, [](Arguments& a) { return one(arg_extreme(a, true)); }},
      {"math.argmin", "", "input axis output_type", {}, [](Arguments& a) { return one(arg_extreme(a, false)); }},
      {"math.cumprod", "", "x axis exclusive reverse", {}, [](Arguments& a) { return one(cumulative(a, ir::Cumulative::Kind::prod)); }},
      {"math.cumsum", "", "x axis exclusive reverse", {}, [](Arguments& a) { return one(cumulative(a, ir::Cumulative::Kind::sum)); }},
      quotient("math.divide"),
      {"math.l2_normalize", "", "x axis epsilon", {}, [](Arguments& a) { return one(l2_normalize(a)); }},
      {"math.reduce_mean", "", "input_tensor axis keepdims", {}, [](Arguments& a) { return one(mean(a)); }},
      own_type("math.reduce_prod", Reduce::prod),
      own_type("math.reduce_sum", Reduce::sum),
      of_two("math.squared_difference", [](Val x, Val y) { return (x - y) * (x - y); }),
      quotient("math.truediv"),
      {"nn.batch_normalization", "", "x mean variance offset scale variance_epsilon", {}, [](Arguments& a) { return one(batch_normalization(a)); }},
      {"nn.bias_add", "", "value bias data_format", {}, [](Arguments& a) { return one(bias_add(a)); }},
      {"nn.embedding_lookup", "", "params ids:indices", {}, [](Arguments& a) { return one(gather(a)); }},
      {"nn.l2_normalize", "", "x axis epsilon", {}, [](Arguments& a) { return one(l2_normalize(a)); }},
      {"nn.silu", "", "features beta", {}, [](Arguments& a) { return one(silu_of(a)); }},
      {"nn.swish", "", "features beta", {}, [](Arguments& a) { return one(silu_of(a)); }},
      {"one_hot", "", "indices depth on_value off_value axis dtype", {}, [](Arguments& a) { return one(one_hot(a)); }},
      {"shape", "", "input out_type", {}, [](Arguments& a) { return one(shape_vector(a.tensor("input"), a.dtype("out_type", DType::int32))); }},
      {"size", "Size", "input:x", {}, {}},
      {"sort", "", "values axis direction", {}, [](Arguments& a) { return one(sorted(a, 0)); }},
      {"strided_slice", "", "input_ begin end strides begin_mask end_mask ellipsis_mask new_axis_mask shrink_axis_mask", {}, [](Arguments& a) { return one(strided_slice(a)); }},
      {"split", "", "value num_or_size_splits axis num", {}, split},
  };
  return table;
}

}  // namespace keratin
