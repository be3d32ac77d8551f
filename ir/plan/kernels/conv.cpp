// conv: direct, depthwise or grouped convolution over packed weights; one and three dimensions too.
#include <fmt/format.h>

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

void plan_depthwise(Planner& planner, const Node& node, const Target& target, const Geometry& g) {
  const int64_t multiplier = g.filters / g.channels;
  const Operand x = planner.dense(node.inputs[0]);
  const Operand weights = planner.prepared(node.inputs[1], "depthwise", [&](Builder& b, Val w) { return b.reshape(w, {Dim(g.kh * g.kw), Dim(g.filters)}); });
  Step step = planner.step("depthwise_conv2d", "depthwise.h", node, target);
  step.templates = {Template::of(planner.type(node.inputs[0]).dtype),
                    Template::named("Depthwise2d", numbers({g.h, g.w, g.channels, multiplier, g.kh, g.kw, g.sh, g.sw, g.dh, g.dw, g.top, g.bottom, g.left, g.right})),
                    Template::epilogue_type()};
  finish(planner, node, target, std::move(step), x, weights);
}

void plan_direct(Planner& planner, const Node& node, const Target& target, const Geometry& g, int64_t groups) {
  const Operand x = planner.dense(node.inputs[0]);
  const int64_t rows = g.kh * g.kw * g.channels / groups, filters = g.filters / groups;
  const Operand packed = planner.prepared(node.inputs[1], groups == 1 ? "packed" : "grouped", [&](Builder& b, Val w) {
    const Val matrix = b.reshape(w, {Dim(rows), Dim(g.filters)});
    Vals parts;
    for (int64_t group = 0; group < groups; ++group)
      parts.push_back(b.add1(Pack::Attrs{Pack::Layout::panels}, {b.slice(matrix, 1, group * filters, (group + 1) * filters)}));
    return b.concatenate(parts, 0);
  });
  Step step = planner.step(groups == 1 ? "conv2d" : "grouped_conv2d", "conv2d.h", node, target);
  std::vector<Template> sizes = numbers({g.h, g.w, g.channels, g.filters, g.kh, g.kw, g.sh, g.sw, g.dh, g.dw, g.top, g.bottom, g.left, g.right});
  step.templates = {Template::of(planner.type(node.inputs[0]).dtype), Template::named("Conv2d", std::move(sizes))};
  if (groups > 1) step.templates.push_back(Template::of(groups));
  step.templates.push_back(Template::epilogue_type());
  finish(planner, node, target, std::move(step), x, packed);
}

void plan_conv(Planner& planner, const Node& node, const Target& target) {
  const ConvGeometry& geometry = node.op.as<Conv>()->geometry;
  if (!planner.is_weight(node.inputs[1])) planner.fail(node, "a convolution whose kernel is computed from the input is not supported");
  const Shape x = planner.type(node.inputs[0]).shape, kernel = planner.type(node.inputs[1]).shape;
  if (geometry.spatial_rank() == 3) planner.fail(node, "a convolution over three axes has no kernel yet");
  const Geometry g = geometry_of(geometry, x, kernel);
  if (geometry.groups > 1 && geometry.groups == g.channels) return plan_depthwise(planner, node, target, g);
  plan_direct(planner, node, target, g, geometry.groups);
}

}  // namespace

KernelRule conv_rule() { return {"conv", true, nullptr, plan_conv}; }

}  // namespace keratin::ir
