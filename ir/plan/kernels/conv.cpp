// conv: direct, depthwise or grouped convolution over packed weights; one and three dimensions too.
#include "ir/plan/kernels/rules.h"

namespace keratin::ir {

namespace {

/// The sizes of a convolution seen as two-dimensional: one dimension is a single row.
struct Geometry {
  int64_t h, w, channels, filters, kh, kw, sh, sw, dh, dw, top, bottom, left, right;
};

Geometry geometry_of(const ConvGeometry& g, const Shape& x, const Shape& kernel) {
  const bool line = g.spatial_rank() == 1;
  const size_t last = line ? 0 : 1;
  return {line ? 1 : x[1].size, x[line ? 1 : 2].size, x.back().size, kernel.back().size, line ? 1 : kernel[0].size, kernel[line ? 0 : 1].size,
          line ? 1 : g.strides[0], g.strides[last], line ? 1 : g.dilation[0], g.dilation[last], line ? 0 : g.pad_low[0], line ? 0 : g.pad_high[0], g.pad_low[last], g.pad_high[last]};
}

std::vector<Template> numbers(std::initializer_list<int64_t> list) {
  std::vector<Template> templates;
  for (int64_t value : list) templates.push_back(Template::of(value));
  return templates;
}

void finish(Planner& planner, const Node& node, const Target& target, Step step, const Operand& x, const Operand& weights) {
  const DType dtype = planner.type(node.inputs[0]).dtype;
  const Operand y = planner.result(target);
  step.args = {SizeArg{x.shape[0]}, PointerArg{x, false}, PointerArg{weights, false}};
  step.args.push_back(target.bias ? Arg(PointerArg{*target.bias, false}) : Arg(NullArg{dtype}));
  step.args.push_back(PointerArg{y, true});
  step.args.push_back(target.epilogue.value_or(Epilogue{}));
  step.args.push_back(PoolArg{});
  step.input = x;
  step.output = y;
  planner.add(std::move(step));
}

/// Conv2d<...> of the runtime; pixels of x and y are `x_stride` and `y_stride` apart.
Template conv2d_type(const Geometry& g, int64_t channels, int64_t filters, int64_t x_stride, int64_t y_stride) {
  std::vector<Template> sizes = numbers({g.h, g.w, channels, filters, g.kh, g.kw});
  const bool strided = x_stride != channels || y_stride != filters;
  const std::vector<int64_t> rest = {g.sh, g.sw, g.dh, g.dw, g.top, g.bottom, g.left, g.right, x_stride, y_stride};
  // Defaults at the end are left out: strides and dilations 1, no padding.
  size_t count = strided ? rest.size() : 8;
  while (!strided && count > 0 && rest[count - 1] == (count <= 4 ? 1 : 0)) --count;
  for (size_t i = 0; i < count; ++i) sizes.push_back(Template::of(rest[i]));
  return Template::named("Conv2d", std::move(sizes));
}

void plan_depthwise(Planner& planner, const Node& node, const Target& target, const Geometry& g) {
  const Operand x = planner.dense(node.inputs[0]);
  const Operand weights = planner.prepared(node.inputs[1], "depthwise", [&](Builder& b, Val w) { return b.reshape(w, {Dim(g.kh * g.kw), Dim(g.filters)}); });
  Step step = planner.step("depthwise_conv2d", "depthwise.h", node, target);
  step.templates = {Template::of(planner.type(node.inputs[0]).dtype), conv2d_type(g, g.channels, g.filters, g.channels, g.filters), Template::of(g.filters / g.channels), Template::epilogue_type()};
  finish(planner, node, target, std::move(step), x, weights);
}

void plan_direct(Planner& planner, const Node& node, const Target& target, const Geometry& g, int64_t groups) {
  const Operand x = planner.dense(node.inputs[0]);
  const int64_t channels = g.channels / groups, filters = g.filters / groups, rows = g.kh * g.kw * channels;
  const Operand packed = planner.prepared(node.inputs[1], groups == 1 ? "packed" : "grouped", [&](Builder& b, Val w) {
    const Val matrix = b.reshape(w, {Dim(rows), Dim(g.filters)});
    Vals parts;
    for (int64_t group = 0; group < groups; ++group)
      parts.push_back(b.add1(Pack::Attrs{Pack::Layout::panels}, {b.slice(matrix, 1, group * filters, (group + 1) * filters)}));
    return b.concatenate(parts, 0);
  });
  Step step = planner.step(groups == 1 ? "conv2d" : "conv2d_grouped", "conv2d.h", node, target);
  step.templates = {Template::of(planner.type(node.inputs[0]).dtype), conv2d_type(g, channels, filters, g.channels, g.filters)};
  if (groups > 1) step.templates.push_back(Template::of(groups));
  step.templates.push_back(Template::epilogue_type());
  finish(planner, node, target, std::move(step), x, packed);
}

void plan_conv3d(Planner& planner, const Node& node, const Target& target, const ConvGeometry& g, const Shape& x_shape, const Shape& kernel) {
  if (g.groups != 1) planner.fail(node, "a grouped convolution over three axes is not supported");
  const Operand x = planner.dense(node.inputs[0]);
  const int64_t channels = x_shape.back().size, filters = kernel.back().size;
  int64_t rows = channels;
  for (int i = 0; i < 3; ++i) rows *= kernel[i].size;
  const Operand packed = planner.prepared(node.inputs[1], "packed", [&](Builder& b, Val w) { return b.add1(Pack::Attrs{Pack::Layout::panels}, {b.reshape(w, {Dim(rows), Dim(filters)})}); });
  std::vector<Template> sizes = numbers({x_shape[1].size, x_shape[2].size, x_shape[3].size, channels, filters, kernel[0].size, kernel[1].size, kernel[2].size});
  for (int64_t stride : g.strides) sizes.push_back(Template::of(stride));
  for (int64_t dilation : g.dilation) sizes.push_back(Template::of(dilation));
  for (size_t i = 0; i < 3; ++i) {
    sizes.push_back(Template::of(g.pad_low[i]));
    sizes.push_back(Template::of(g.pad_high[i]));
  }
  Step step = planner.step("conv3d", "conv2d.h", node, target);
  step.templates = {Template::of(planner.type(node.inputs[0]).dtype), Template::named("Conv3d", std::move(sizes)), Template::epilogue_type()};
  finish(planner, node, target, std::move(step), x, packed);
}

void plan_conv(Planner& planner, const Node& node, const Target& target) {
  const ConvGeometry& geometry = node.op.as<Conv>()->geometry;
  if (!planner.is_weight(node.inputs[1])) planner.fail(node, "a convolution whose kernel is computed from the input is not supported");
  const Shape x = planner.type(node.inputs[0]).shape, kernel = planner.type(node.inputs[1]).shape;
  if (geometry.spatial_rank() == 3) return plan_conv3d(planner, node, target, geometry, x, kernel);
  const Geometry g = geometry_of(geometry, x, kernel);
  if (geometry.groups > 1 && geometry.groups == g.channels) return plan_depthwise(planner, node, target, g);
  plan_direct(planner, node, target, g, geometry.groups);
}

}  // namespace

KernelRule conv_rule() { return {"conv", true, nullptr, plan_conv, [](const Planner&, const Node&) { return true; }}; }

}  // namespace keratin::ir
