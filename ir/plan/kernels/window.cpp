// window_reduce and the composite average_pool: pooling.h; window_grad: pooling_grad.h.
#include "ir/plan/kernels/rules.h"

namespace keratin::ir {

namespace {

/// The window of a pooling over one to three spatial axes of [n, spatial..., channels].
bool is_pooling(const Window& window, const Shape& shape) {
  const size_t rank = window.size.size();
  const bool ends = window.size[0] == 1 && window.size[rank - 1] == 1 && window.strides[0] == 1 && window.strides[rank - 1] == 1;
  return ends && shape.rank() >= 3 && shape.rank() <= 5;
}

/// Pool2d<...> or Pool3d<...> of the runtime for an input of that shape; pixels of input and output are `x_stride` and `y_stride` elements apart.
Template pool_type(Planner& planner, const Node& node, const Window& window, const Shape& shape, int64_t x_stride, int64_t y_stride) {
  if (!is_pooling(window, shape)) planner.fail(node, "a window over these axes is not supported");
  const int spatial = shape.rank() - 2;
  std::vector<Template> sizes;
  const auto per_axis = [&](auto&& value, int64_t missing) {
    for (int axis = spatial == 3 ? 0 : spatial - 2; axis < spatial; ++axis) sizes.push_back(Template::of(axis < 0 ? missing : value(static_cast<size_t>(axis + 1))));
  };
  per_axis([&](size_t axis) { return shape[static_cast<int>(axis)].size; }, 1);
  sizes.push_back(Template::of(shape.back().size));
  per_axis([&](size_t axis) { return window.size[axis]; }, 1);
  per_axis([&](size_t axis) { return window.strides[axis]; }, 1);
  for (int axis = spatial == 3 ? 0 : spatial - 2; axis < spatial; ++axis) {
    sizes.push_back(Template::of(axis < 0 ? 0 : window.pad_low[static_cast<size_t>(axis + 1)]));
    sizes.push_back(Template::of(axis < 0 ? 0 : window.pad_high[static_cast<size_t>(axis + 1)]));
  }
  if (x_stride != shape.back().size || y_stride != shape.back().size) {
    sizes.push_back(Template::of(x_stride));
    sizes.push_back(Template::of(y_stride));
  }
  return Template::named(spatial == 3 ? "Pool3d" : "Pool2d", std::move(sizes));
}

void plan_pooling(Planner& planner, const Node& node, const Target& target, const Window& window, const char* kind) {
  const Operand x = planner.even_rows(node.inputs[0]), y = planner.result(target);
  Step step = planner.step("pooling", "pooling.h", node, target);
  step.templates = {Template::named(kind), pool_type(planner, node, window, x.shape, *x.row_stride(), *y.row_stride())};
  step.args = {SizeArg{x.shape[0]}, PointerArg{x, false}, PointerArg{y, true}, target.epilogue.value_or(Epilogue{}), PoolArg{}};
  step.input = x;
  step.output = y;
  planner.add(std::move(step));
}

void plan_window(Planner& planner, const Node& node, const Target& target) {
  const Window window = node.op.as<WindowReduce>()->window;
  if (planner.plan_pooled(node, target)) return;
  plan_pooling(planner, node, target, window, window.kind == Window::Kind::max ? "MaxPool" : "SumPool");
}

/// A sum's gradient does not depend on what was summed.
void plan_window_grad(Planner& planner, const Node& node, const Target& target) {
  const Window window = node.op.as<WindowGrad>()->window;
  const bool sum = window.kind == Window::Kind::sum;
  const Shape shape = planner.type(node.inputs[0]).shape;
  const Operand x = sum ? Operand{} : planner.even_rows(node.inputs[0]), dy = planner.even_rows(node.inputs[1]), dx = planner.result(target);
  Step step = planner.step("pooling_grad", "pooling_grad.h", node, target);
  step.templates = {Template::named(sum ? "SumPoolGrad" : "MaxPoolGrad"), pool_type(planner, node, window, shape, sum ? shape.back().size : *x.row_stride(), *dy.row_stride())};
  step.args = {SizeArg{shape[0]}, sum ? Arg(NullArg{dx.dtype}) : Arg(PointerArg{x, false}), PointerArg{dy, false}, PointerArg{dx, true}, PoolArg{}};
  step.input = dy;
  step.output = dx;
  planner.add(std::move(step));
}

/// The window of the body's own window_reduce, the one over the parameter.
const Window* average_window(const Program& program, const Node& node) {
  const Function& body = program.function(node.op.as<Composite>()->body);
  for (const Node& inner : body.nodes)
    if (const auto* reduce = inner.op.as<WindowReduce>(); reduce && inner.inputs[0] == body.parameters[0]) return &reduce->window;
  return nullptr;
}

bool accepts_average(const Program& program, const Function& function, const Node& node) {
  const Window* window = average_window(program, node);
  return window && is_pooling(*window, function.type(node.inputs[0]).shape);
}

void plan_average(Planner& planner, const Node& node, const Target& target) { plan_pooling(planner, node, target, Window(*average_window(planner.program(), node)), "AveragePool"); }

bool always(const Planner&, const Node&) { return true; }

}  // namespace

KernelRule window_rule() { return {.family = "window_reduce", .plan = plan_window, .writes_rows = always, .reads_rows = always}; }
KernelRule window_grad_rule() { return {.family = "window_grad", .plan = plan_window_grad, .reads_rows = always}; }
KernelRule average_pool_rule() { return {.family = "average_pool", .accepts = accepts_average, .plan = plan_average, .writes_rows = always, .reads_rows = always}; }

}  // namespace keratin::ir
