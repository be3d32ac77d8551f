// conv_kernel_grad: conv_kernel_grad.h, of depthwise convolutions depthwise_grad.h.
#include "ir/plan/kernels/conv_plan.h"

namespace keratin::ir {

namespace {

void plan(Planner& planner, const Node& node, const Target& target) {
  const ConvKernelGrad::Attrs attrs = *node.op.as<ConvKernelGrad>();
  const ConvGeometry& geometry = attrs.geometry;
  const Operand x = planner.even_rows(node.inputs[0]), dy = planner.even_rows(node.inputs[1]), dw = planner.result(target);
  const DType dtype = planner.type(node.inputs[0]).dtype;
  const int64_t channels = x.shape.back().size, filters = attrs.kernel.back().size, groups = geometry.groups;
  const bool depthwise = geometry.spatial_rank() < 3 && groups > 1 && groups == channels;
  Step step = planner.step(depthwise ? "depthwise_kernel_grad" : groups > 1 ? "conv_kernel_grad_grouped" : "conv_kernel_grad", depthwise ? "depthwise_grad.h" : "conv_kernel_grad.h", node, target);
  step.templates.push_back(Template::of(dtype));
  if (geometry.spatial_rank() == 3) {
    step.templates.push_back(conv3d_type(geometry, x.shape, attrs.kernel, *x.row_stride(), *dy.row_stride()));
  } else {
    const int64_t cut = depthwise ? 1 : groups;
    step.templates.push_back(conv2d_type(plane_conv(geometry, x.shape, attrs.kernel), channels / cut, filters / cut, *x.row_stride(), *dy.row_stride()));
  }
  if (groups > 1) step.templates.push_back(Template::of(depthwise ? filters / channels : groups));
  step.args = {SizeArg{x.shape[0]}, PointerArg{x, false}, PointerArg{dy, false}, PointerArg{dw, true}, PoolArg{}};
  step.input = dy;
  step.output = dw;
  planner.add(std::move(step));
}

bool always(const Planner&, const Node&) { return true; }

}  // namespace

KernelRule conv_kernel_grad_rule() { return {.family = "conv_kernel_grad", .plan = plan, .reads_rows = always}; }

}  // namespace keratin::ir
