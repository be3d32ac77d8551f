#include "ir/ops/window_grad.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/pad.h"
#include "ir/ops/slice.h"

namespace keratin::ir {

namespace {

/// One cell of every window: a strided slice of the padded operand, of the output's shape.
Val cell_of_windows(Builder& b, Val padded, const Window& window, const std::vector<int64_t>& cell, const Shape& output) {
  Slice::Attrs slice;
  for (size_t axis = 0; axis < cell.size(); ++axis) {
    slice.start.push_back(cell[axis]);
    slice.limit.push_back(Dim(cell[axis]) + (output.dims[axis] - Dim(1)) * window.strides[axis] + Dim(1));
    slice.stride.push_back(window.strides[axis]);
  }
  return b.add1(slice, {padded});
}

/// The element of `values` at the first largest cell of `x` in each window: the transpose of window_grad, cell by cell.
Val pick_first_largest(Builder& b, Val x, Val values, const Window& window, Shape output) {
  std::vector<Dim> low(window.pad_low.begin(), window.pad_low.end()), high(window.pad_high.begin(), window.pad_high.end());
  const auto any = [](const std::vector<Dim>& pads) { return std::any_of(pads.begin(), pads.end(), [](Dim d) { return d.size > 0; }); };
  const bool padded = any(low) || any(high);
  const Val best = b.window_reduce(x, window);
  const Val all_x = padded ? b.pad(x, low, high) : x, all_values = padded ? b.pad(values, low, high) : values;
  const Val inside = padded ? b.pad(b.full(Type{DType::boolean, x.shape()}, 1), low, high) : Val();
  Val picked = b.zeros(Type{values.dtype(), output});
  std::vector<std::vector<int64_t>> cells;
  for_each_coordinate(window.size, [&](int64_t, const std::vector<int64_t>& at) { cells.push_back(at); });
  for (auto cell = cells.rbegin(); cell != cells.rend(); ++cell) {  // backwards: the first one is written last
    Val equal = b.compare(Compare::Kind::eq, cell_of_windows(b, all_x, window, *cell, output), best);
    if (padded) equal = b.binary(Binary::Kind::logical_and, equal, cell_of_windows(b, inside, window, *cell, output));
    picked = b.select(equal, cell_of_windows(b, all_values, window, *cell, output), picked);
  }
  return picked;
}

}  // namespace

Result<Types> WindowGrad::infer(const Attrs& attrs, const Types& in) {
  const Result<Type> out = window_type(attrs.window, in[0]);
  if (!out) return Error{out.error()};
  if (in[1] != *out) return Error{fmt::format("the gradient is {}, the reduction gives {}", to_string(in[1]), to_string(*out))};
  if (!is_float(in[0].dtype)) return Error{fmt::format("takes floats, not {}", name_of(in[0].dtype))};
  return Types{in[0]};
}

void WindowGrad::grad(const Attrs& attrs, GradBuilder& g) {
  // Which cell is the largest does not change with x almost everywhere: the gradient of input 0 is zero.
  if (!g.wants(1)) return;
  Builder& b = g.builder();
  if (attrs.window.kind == Window::Kind::sum)
    g.set(1, b.window_reduce(g.d_out(), attrs.window));
  else
    g.set(1, pick_first_largest(b, g.in(0), g.d_out(), attrs.window, g.in(1).shape()));
}

void WindowGrad::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator& evaluator) {
  std::vector<double>& dx = out[0].floats;
  std::fill(dx.begin(), dx.end(), 0.0);
  for_each_window(attrs.window, in[0].shape, in[1].shape, [&](int64_t position, const std::vector<int64_t>& cells) {
    const double dy = in[1].floats[static_cast<size_t>(position)];
    if (attrs.window.kind == Window::Kind::sum) {
      for (int64_t cell : cells) dx[static_cast<size_t>(cell)] += dy;
    } else if (const int64_t best = first_largest(in[0].floats, cells); best >= 0) {
      dx[static_cast<size_t>(best)] += dy;
    }
  });
  for (double& value : dx) value = evaluator.round(out[0].dtype, value);
}

Lowering WindowGrad::lower(const Attrs&, const Types&, const Types&) { return KernelFamily{"window_grad"}; }

std::string WindowGrad::print(const Attrs& attrs) { return to_string(attrs.window); }

}  // namespace keratin::ir
