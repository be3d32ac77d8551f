// conv_input_grad, the transposed convolution: conv_transpose.h, of depthwise convolutions depthwise_grad.h;
// gradients of 3x3 convolutions winograd.h.
#include <algorithm>

#include "ir/plan/kernels/conv_plan.h"
#include "ir/plan/kernels/pack_plan.h"

namespace keratin::ir {

namespace {

/// Sizes of one group. The kernel is (spatial..., filters, groups * channels), where x has groups * channels channels and the result groups * filters.
struct Sizes {
  int64_t taps = 1, channels, filters, groups;

  Sizes(const ConvGeometry& g, const Shape& kernel) : channels(kernel.back().size / g.groups), filters(kernel[g.spatial_rank()].size), groups(g.groups) {
    for (int i = 0; i < g.spatial_rank(); ++i) taps *= kernel[i].size;
  }
};

/// Rows of a group's packed matrix run over taps and channels of x.
Operand packed_kernel(Planner& planner, const Node& node, const Sizes& s) {
  const int64_t all = s.groups * s.channels;
  if (!planner.is_weight(node.inputs[1])) return pack_now(planner, node, planner.dense(node.inputs[1]), {s.taps, s.channels, s.filters, s.filters * all, 1, all}, s.groups, s.channels);
  return planner.prepared(node.inputs[1], "turned", [&](Builder& b, Val w) {
    const Val whole = b.reshape(w, {Dim(s.taps), Dim(s.filters), Dim(all)});
    Vals parts;
    for (int64_t group = 0; group < s.groups; ++group) {
      const Val turned = b.transpose(b.slice(whole, 2, group * s.channels, (group + 1) * s.channels), {0, 2, 1});
      parts.push_back(b.add1(Pack::Attrs{Pack::Layout::panels}, {b.reshape(turned, {Dim(s.taps * s.channels), Dim(s.filters)})}));
    }
    return s.groups == 1 ? parts[0] : b.concatenate(parts, 0);
  });
}

/// ConvTranspose2d<...> or ConvTranspose3d<...> of the runtime, for one group.
Template transpose_type(const ConvInputGrad::Attrs& attrs, const Shape& kernel, const Sizes& s, const Operand& x, const Operand& y) {
  const ConvGeometry& g = attrs.geometry;
  const int spatial = g.spatial_rank(), first = spatial == 3 ? 0 : spatial - 2;  // one dimension is a single row
  std::vector<Template> sizes;
  const auto per_axis = [&](auto&& value, int64_t missing) {
    for (int axis = first; axis < spatial; ++axis) sizes.push_back(Template::of(axis < 0 ? missing : value(axis)));
  };
  per_axis([&](int axis) { return x.shape[axis + 1].size; }, 1);
  sizes.push_back(Template::of(s.channels));
  sizes.push_back(Template::of(s.filters));
  per_axis([&](int axis) { return kernel[axis].size; }, 1);
  per_axis([&](int axis) { return attrs.input[axis + 1].size; }, 1);
  per_axis([&](int axis) { return g.strides[static_cast<size_t>(axis)]; }, 1);
  per_axis([&](int axis) { return g.dilation[static_cast<size_t>(axis)]; }, 1);
  per_axis([&](int axis) { return g.pad_low[static_cast<size_t>(axis)]; }, 0);
  if (*x.row_stride() != s.channels || *y.row_stride() != s.filters) {
    sizes.push_back(Template::of(*x.row_stride()));
    sizes.push_back(Template::of(*y.row_stride()));
  }
  return Template::named(spatial == 3 ? "ConvTranspose3d" : "ConvTranspose2d", std::move(sizes));
}

/// Every channel of the result has its own kernel.
void plan_depthwise(Planner& planner, const Node& node, const Target& target, const ConvInputGrad::Attrs& attrs, const Sizes& s) {
  const Operand dy = planner.even_rows(node.inputs[0]), dx = planner.result(target), weights = natural_kernel(planner, node, s.taps, s.groups * s.channels);
  const PlaneConv g = plane_conv(attrs.geometry, attrs.input, planner.type(node.inputs[1]).shape);
  Step step = planner.step("depthwise_input_grad", "depthwise_grad.h", node, target);
  step.templates = {Template::of(dy.dtype), conv2d_type(g, g.channels, g.filters, *dx.row_stride(), *dy.row_stride()), Template::of(s.channels), Template::epilogue_type()};
  finish_conv(planner, node, target, std::move(step), dy, weights);
}

/// The gradient of a convolution with stride 1 as a convolution of dy with the kernel flipped.
PlaneConv flipped(const ConvInputGrad::Attrs& attrs, const Shape& dy, const Shape& kernel) {
  const PlaneConv g = plane_conv(attrs.geometry, attrs.input, kernel);
  const bool line = attrs.geometry.spatial_rank() == 1;
  const int64_t down = (g.kh - 1) * g.dh, across = (g.kw - 1) * g.dw;
  return {line ? 1 : dy[1].size, dy[line ? 1 : 2].size, g.filters, g.channels, g.kh, g.kw, g.sh, g.sw, g.dh, g.dw, down - g.top, down - g.bottom, across - g.left, across - g.right};
}

/// Plans winograd where it is cheaper; for kernels that change, which are not packed before. False: not planned.
bool plan_flipped(Planner& planner, const Node& node, const Target& target, const ConvInputGrad::Attrs& attrs, const Shape& kernel) {
  const Type dy = planner.type(node.inputs[0]);
  if (attrs.geometry.spatial_rank() != 2 || planner.is_weight(node.inputs[1])) return false;
  const PlaneConv g = flipped(attrs, dy.shape, kernel);
  if (!fits_winograd(g, dy.dtype, attrs.geometry.groups) || std::min({g.top, g.bottom, g.left, g.right}) < 0) return false;
  std::vector<Candidate> candidates = {{"conv2d_transpose", direct_conv_us(g.size(planner)), false}};
  choose_winograd(planner, g, candidates);
  const std::optional<int64_t> m = chosen_winograd(candidates);
  if (m) plan_winograd(planner, node, target, g, *m, std::move(candidates), true);
  return m.has_value();
}

void plan(Planner& planner, const Node& node, const Target& target) {
  const ConvInputGrad::Attrs attrs = *node.op.as<ConvInputGrad>();
  const Shape kernel = planner.type(node.inputs[1]).shape;
  const Sizes s(attrs.geometry, kernel);
  if (s.groups > 1 && s.filters == 1 && attrs.geometry.spatial_rank() < 3) return plan_depthwise(planner, node, target, attrs, s);
  if (plan_flipped(planner, node, target, attrs, kernel)) return;
  const Operand x = planner.even_rows(node.inputs[0]), y = planner.result(target);
  const Operand packed = packed_kernel(planner, node, s);
  Step step = planner.step(s.groups == 1 ? "conv2d_transpose" : "conv2d_transpose_grouped", "conv_transpose.h", node, target);
  step.templates = {Template::of(x.dtype), transpose_type(attrs, kernel, s, x, y)};
  if (s.groups > 1) step.templates.push_back(Template::of(s.groups));
  step.templates.push_back(Template::epilogue_type());
  finish_conv(planner, node, target, std::move(step), x, packed);
}

bool always(const Planner&, const Node&) { return true; }

}  // namespace

KernelRule conv_input_grad_rule() { return {.family = "conv_input_grad", .takes_epilogue = true, .plan = plan, .takes_bias = always, .writes_rows = always, .reads_rows = always}; }

}  // namespace keratin::ir
