#include "ir/ops/conv_kernel_grad.h"

#include <fmt/format.h>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/conv_patches.h"

namespace keratin::ir {

Result<Types> ConvKernelGrad::infer(const Attrs& attrs, const Types& in) {
  const Type kernel{in[0].dtype, attrs.kernel};
  const Result<Type> output = conv_type(attrs.geometry, in[0], kernel);
  if (!output) return Error{output.error()};
  if (in[1] != *output) return Error{fmt::format("the gradient is {}, the convolution gives {}", to_string(in[1]), to_string(*output))};
  return Types{kernel};
}

void ConvKernelGrad::grad(const Attrs& attrs, GradBuilder& g) {
  Builder& b = g.builder();
  if (g.wants(0)) g.set(0, b.conv_input_grad(g.in(1), g.d_out(), attrs.geometry, g.in(0).shape()));
  if (g.wants(1)) g.set(1, b.conv(g.in(0), g.d_out(), attrs.geometry));
}

void ConvKernelGrad::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator& evaluator) {
  Patches patches(attrs.geometry, in[0].shape, out[0].shape, in[1].shape);
  const int64_t columns = patches.columns(), filters = patches.filters();
  std::fill(out[0].floats.begin(), out[0].floats.end(), 0.0);
  std::vector<double> matrix;
  patches.for_each_block([&](int64_t first, int64_t count, int64_t group) {
    matrix.resize(static_cast<size_t>(count * columns));
    patches.gather(count, group, in[0].floats.data(), matrix.data());
    const int64_t filter = group * patches.group_filters();
    matmul_add(columns, patches.group_filters(), count, matrix.data(), 1, columns, in[1].floats.data() + first * filters + filter, filters,
               out[0].floats.data() + filter, filters);
  });
  for (double& value : out[0].floats) value = evaluator.round(out[0].dtype, value);
}

Lowering ConvKernelGrad::lower(const Attrs&, const Types&, const Types&) { return KernelFamily{"conv_kernel_grad"}; }

std::string ConvKernelGrad::print(const Attrs& attrs) {
  return fmt::format("kernel={} {}", to_string(attrs.kernel), to_string(attrs.geometry));
}

}  // namespace keratin::ir
