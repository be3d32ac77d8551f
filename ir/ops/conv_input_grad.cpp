#include "ir/ops/conv_input_grad.h"

#include <fmt/format.h>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/conv_patches.h"

namespace keratin::ir {

Result<Types> ConvInputGrad::infer(const Attrs& attrs, const Types& in) {
  const Type input{in[1].dtype, attrs.input};
  const Result<Type> output = conv_type(attrs.geometry, input, in[1]);
  if (!output) return Error{output.error()};
  if (in[0] != *output) return Error{fmt::format("the gradient is {}, the convolution gives {}", to_string(in[0]), to_string(*output))};
  return Types{input};
}

void ConvInputGrad::grad(const Attrs& attrs, GradBuilder& g) {
  Builder& b = g.builder();
  if (g.wants(0)) g.set(0, b.conv(g.d_out(), g.in(1), attrs.geometry));
  if (g.wants(1)) g.set(1, b.conv_kernel_grad(g.d_out(), g.in(0), attrs.geometry, g.in(1).shape()));
}

void ConvInputGrad::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator& evaluator) {
  Patches patches(attrs.geometry, out[0].shape, in[1].shape, in[0].shape);
  const int64_t columns = patches.columns(), filters = patches.filters();
  std::vector<double> transposed(in[1].floats.size());  // [filters, cells * channels/groups]
  for (int64_t column = 0; column < columns; ++column)
    for (int64_t filter = 0; filter < filters; ++filter)
      transposed[static_cast<size_t>(filter * columns + column)] = in[1].floats[static_cast<size_t>(column * filters + filter)];
  std::fill(out[0].floats.begin(), out[0].floats.end(), 0.0);
  std::vector<double> matrix;
  patches.for_each_block([&](int64_t first, int64_t count, int64_t group) {
    matrix.assign(static_cast<size_t>(count * columns), 0.0);
    const int64_t filter = group * patches.group_filters();
    matmul_add(count, columns, patches.group_filters(), in[0].floats.data() + first * filters + filter, filters, 1,
               transposed.data() + filter * columns, columns,
               matrix.data(), columns);
    patches.scatter(count, group, matrix.data(), out[0].floats.data());
  });
  for (double& value : out[0].floats) value = evaluator.round(out[0].dtype, value);
}

Lowering ConvInputGrad::lower(const Attrs&, const Types&, const Types&) { return KernelFamily{"conv_input_grad"}; }

std::string ConvInputGrad::print(const Attrs& attrs) {
  return fmt::format("input={} {}", to_string(attrs.input), to_string(attrs.geometry));
}

}  // namespace keratin::ir
