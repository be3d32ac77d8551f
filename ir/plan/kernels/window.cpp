// window_reduce of kind max, and the composite average_pool: pooling.h.
#include "ir/plan/kernels/rules.h"

namespace keratin::ir {

namespace {

/// The window of a pooling over one to three spatial axes of [n, spatial..., channels].
bool is_pooling(const Window& window, const Shape& shape) {
  const size_t rank = window.size.size();
  const bool ends = window.size[0] == 1 && window.size[rank - 1] == 1 && window.strides[0] == 1 && window.strides[rank - 1] == 1;
  return ends && shape.rank() >= 3 && shape.rank() <= 5;
}

void plan_pooling(Planner& planner, const Node& node, const Target& target, const Window& window, const char* kind) {
  const Shape shape = planner.type(node.inputs[0]).shape;
  if (!is_pooling(window, shape)) planner.fail(node, "a window over these axes is not supported");
  const Operand x = planner.even_rows(node.inputs[0]), y = planner.result(target);
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
  const int64_t channels = shape.back().size;
  if (*x.row_stride() != channels || *y.row_stride() != channels) {
    sizes.push_back(Template::of(*x.row_stride()));
    sizes.push_back(Template::of(*y.row_stride()));
  }
  Step step = planner.step("pooling", "pooling.h", node, target);
  step.templates = {Template::named(kind), Template::named(spatial == 3 ? "Pool3d" : "Pool2d", std::move(sizes))};
  step.args = {SizeArg{shape[0]}, PointerArg{x, false}, PointerArg{y, true}, target.epilogue.value_or(Epilogue{}), PoolArg{}};
  step.input = x;
  step.output = y;
  planner.add(std::move(step));
}

void plan_window(Planner& planner, const Node& node, const Target& target) {
  const Window& window = node.op.as<WindowReduce>()->window;
  if (planner.plan_pooled(node, target)) return;
  if (window.kind != Window::Kind::max) planner.fail(node, "a sum over a window has no kernel");
  plan_pooling(planner, node, target, window, "MaxPool");
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
KernelRule average_pool_rule() { return {.family = "average_pool", .accepts = accepts_average, .plan = plan_average, .writes_rows = always, .reads_rows = always}; }

}  // namespace keratin::ir
