#include "ir/ops/conv.h"

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/conv_patches.h"

namespace keratin::ir {

Result<Types> Conv::infer(const Attrs& attrs, const Types& in) {
  Result<Type> out = conv_type(attrs.geometry, in[0], in[1]);
  if (!out) return Error{out.error()};
  return Types{*out};
}

void Conv::grad(const Attrs& attrs, GradBuilder& g) {
  Builder& b = g.builder();
  if (g.wants(0)) g.set(0, b.conv_input_grad(g.d_out(), g.in(1), attrs.geometry, g.in(0).shape()));
  if (g.wants(1)) g.set(1, b.conv_kernel_grad(g.in(0), g.d_out(), attrs.geometry, g.in(1).shape()));
}

void Conv::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator& evaluator) {
  Patches patches(attrs.geometry, in[0].shape, in[1].shape, out[0].shape);
  std::vector<double> matrix;
  patches.for_each_block([&](int64_t first, int64_t count, int64_t group) {
    matrix.resize(static_cast<size_t>(count * patches.columns()));
    patches.gather(count, group, in[0].floats.data(), matrix.data());
    const int64_t filter = group * patches.group_filters(), filters = patches.filters();
    matmul_add(count, patches.group_filters(), patches.columns(), matrix.data(), patches.columns(), 1, in[1].floats.data() + filter,
               filters,
               out[0].floats.data() + first * filters + filter, filters);
  });
  for (double& value : out[0].floats) value = evaluator.round(out[0].dtype, value);
}

Lowering Conv::lower(const Attrs&, const Types&, const Types&) { return KernelFamily{"conv"}; }

std::string Conv::print(const Attrs& attrs) { return to_string(attrs.geometry); }

}  // namespace keratin::ir
