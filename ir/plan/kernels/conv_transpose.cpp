// conv_input_grad with a weight: the transposed convolution, conv_transpose.h.
#include "ir/plan/kernels/rules.h"
#include "ir/plan/kernels/shapes.h"

namespace keratin::ir {

namespace {

void plan(Planner& planner, const Node& node, const Target& target) {
  const ConvInputGrad::Attrs attrs = *node.op.as<ConvInputGrad>();
  const ConvGeometry& g = attrs.geometry;
  const int spatial = g.spatial_rank();
  if (!planner.is_weight(node.inputs[1])) planner.fail(node, "a transposed convolution whose kernel is computed from the input is not supported");
  if (g.groups != 1) planner.fail(node, "a grouped transposed convolution is not supported");
  const Operand x = planner.even_rows(node.inputs[0]), y = planner.result(target);
  // The kernel is (spatial..., filters, channels of x): rows of the packed matrix run over taps and channels of x.
  const Shape kernel = planner.type(node.inputs[1]).shape;
  const int64_t filters = kernel[spatial].size, channels = kernel[spatial + 1].size;
  int64_t taps = 1;
  for (int i = 0; i < spatial; ++i) taps *= kernel[i].size;
  const Operand packed = planner.prepared(node.inputs[1], "packed", [&](Builder& b, Val w) {
    const Val turned = b.transpose(b.reshape(w, {Dim(taps), Dim(filters), Dim(channels)}), {0, 2, 1});
    return b.add1(Pack::Attrs{Pack::Layout::panels}, {b.reshape(turned, {Dim(taps * channels), Dim(filters)})});
  });
  std::vector<Template> sizes;
  const int first = spatial == 3 ? 0 : spatial - 2;  // one dimension is a single row
  const auto per_axis = [&](auto&& value, int64_t missing) {
    for (int axis = first; axis < spatial; ++axis) sizes.push_back(Template::of(axis < 0 ? missing : value(axis)));
  };
  per_axis([&](int axis) { return x.shape[axis + 1].size; }, 1);
  sizes.push_back(Template::of(channels));
  sizes.push_back(Template::of(filters));
  per_axis([&](int axis) { return kernel[axis].size; }, 1);
  per_axis([&](int axis) { return attrs.input[axis + 1].size; }, 1);
  per_axis([&](int axis) { return g.strides[static_cast<size_t>(axis)]; }, 1);
  per_axis([&](int axis) { return g.dilation[static_cast<size_t>(axis)]; }, 1);
  per_axis([&](int axis) { return g.pad_low[static_cast<size_t>(axis)]; }, 0);
  if (*x.row_stride() != channels || *y.row_stride() != filters) {
    sizes.push_back(Template::of(*x.row_stride()));
    sizes.push_back(Template::of(*y.row_stride()));
  }
  const DType dtype = planner.type(node.inputs[0]).dtype;
  Step step = planner.step("conv2d_transpose", "conv_transpose.h", node, target);
  step.templates = {Template::of(dtype), Template::named(spatial == 3 ? "ConvTranspose3d" : "ConvTranspose2d", std::move(sizes)), Template::epilogue_type()};
  step.args = {SizeArg{x.shape[0]}, PointerArg{x, false}, PointerArg{packed, false}};
  step.args.push_back(target.bias ? Arg(PointerArg{*target.bias, false}) : Arg(NullArg{dtype}));
  step.args.push_back(PointerArg{y, true});
  step.args.push_back(target.epilogue.value_or(Epilogue{}));
  step.args.push_back(PoolArg{});
  step.input = x;
  step.output = y;
  planner.add(std::move(step));
}

bool always(const Planner&, const Node&) { return true; }

}  // namespace

KernelRule conv_input_grad_rule() { return {.family = "conv_input_grad", .takes_epilogue = true, .plan = plan, .takes_bias = always, .writes_rows = always, .reads_rows = always}; }

}  // namespace keratin::ir
