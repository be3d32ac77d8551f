#include "ir/ops/window_reduce.h"

#include <limits>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/window_grad.h"

namespace keratin::ir {

namespace {

/// What the maximum of no cell is.
int64_t lowest(DType dtype) {
  if (!is_signed(dtype)) return 0;
  return dtype == DType::int8 ? INT8_MIN : dtype == DType::int16 ? INT16_MIN : dtype == DType::int32 ? INT32_MIN : INT64_MIN;
}

}  // namespace

Result<Types> WindowReduce::infer(const Attrs& attrs, const Types& in) {
  const Result<Type> out = window_type(attrs.window, in[0]);
  if (!out) return Error{out.error()};
  return Types{*out};
}

void WindowReduce::grad(const Attrs& attrs, GradBuilder& g) {
  g.set(0, g.builder().add1(WindowGrad::Attrs{attrs.window}, {g.in(0), g.d_out()}));
}

void WindowReduce::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator& evaluator) {
  const DType dtype = out[0].dtype;
  for_each_window(attrs.window, in[0].shape, out[0].shape, [&](int64_t position, const std::vector<int64_t>& cells) {
    const size_t to = static_cast<size_t>(position);
    if (attrs.window.kind == Window::Kind::sum && is_float(dtype)) {
      double sum = 0;
      for (int64_t cell : cells) sum += in[0].floats[static_cast<size_t>(cell)];
      out[0].floats[to] = evaluator.round(dtype, sum);
    } else if (attrs.window.kind == Window::Kind::sum) {
      uint64_t sum = 0;
      for (int64_t cell : cells) sum += static_cast<uint64_t>(in[0].integers[static_cast<size_t>(cell)]);
      out[0].integers[to] = wrap_to(dtype, static_cast<int64_t>(sum));
    } else if (is_float(dtype)) {
      const int64_t best = first_largest(in[0].floats, cells);
      out[0].floats[to] = best < 0 ? -std::numeric_limits<double>::infinity() : in[0].floats[static_cast<size_t>(best)];
    } else {
      const int64_t best = first_largest(in[0].integers, cells);
      out[0].integers[to] = best < 0 ? lowest(dtype) : in[0].integers[static_cast<size_t>(best)];
    }
  });
}

Lowering WindowReduce::lower(const Attrs&, const Types&, const Types&) { return KernelFamily{"window_reduce"}; }

std::string WindowReduce::print(const Attrs& attrs) { return to_string(attrs.window); }

}  // namespace keratin::ir
