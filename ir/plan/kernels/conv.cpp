// conv: direct, depthwise or grouped convolution over packed weights; one and three dimensions too.
#include <algorithm>

#include "ir/plan/kernels/conv_plan.h"
#include "ir/plan/kernels/pack_plan.h"

namespace keratin::ir {

PlaneConv plane_conv(const ConvGeometry& g, const Shape& x, const Shape& kernel) {
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

void finish_conv(Planner& planner, const Node& node, const Target& target, Step step, const Operand& x, const Operand& weights, std::optional<BufferId> scratch) {
  const DType dtype = planner.type(node.inputs[0]).dtype;
  const Operand y = planner.result(target);
  step.args = {SizeArg{x.shape[0]}, PointerArg{x, false}, PointerArg{weights, false}};
  step.args.push_back(target.bias ? Arg(PointerArg{*target.bias, false}) : Arg(NullArg{dtype}));
  step.args.push_back(PointerArg{y, true});
  if (scratch) step.args.push_back(ScratchArg{*scratch});
  step.args.push_back(target.epilogue.value_or(Epilogue{}));
  step.args.push_back(PoolArg{});
  step.input = x;
  step.output = y;
  planner.add(std::move(step));
}

Template conv2d_type(const PlaneConv& g, int64_t channels, int64_t filters, int64_t x_stride, int64_t y_stride) {
  std::vector<Template> sizes = numbers({g.h, g.w, channels, filters, g.kh, g.kw});
  const bool strided = x_stride != channels || y_stride != filters;
  const std::vector<int64_t> rest = {g.sh, g.sw, g.dh, g.dw, g.top, g.bottom, g.left, g.right, x_stride, y_stride};
  // Defaults at the end are left out: strides and dilations 1, no padding.
  size_t count = strided ? rest.size() : 8;
  while (!strided && count > 0 && rest[count - 1] == (count <= 4 ? 1 : 0)) --count;
  for (size_t i = 0; i < count; ++i) sizes.push_back(Template::of(rest[i]));
  return Template::named("Conv2d", std::move(sizes));
}

Template conv3d_type(const ConvGeometry& g, const Shape& x, const Shape& kernel, int64_t x_stride, int64_t y_stride) {
  const int64_t channels = x.back().size / g.groups, filters = kernel.back().size / g.groups;
  std::vector<Template> sizes = numbers({x[1].size, x[2].size, x[3].size, channels, filters, kernel[0].size, kernel[1].size, kernel[2].size});
  for (int64_t stride : g.strides) sizes.push_back(Template::of(stride));
  for (int64_t dilation : g.dilation) sizes.push_back(Template::of(dilation));
  for (size_t i = 0; i < 3; ++i) {
    sizes.push_back(Template::of(g.pad_low[i]));
    sizes.push_back(Template::of(g.pad_high[i]));
  }
  if (x_stride != channels || y_stride != filters) {
    sizes.push_back(Template::of(x_stride));
    sizes.push_back(Template::of(y_stride));
  }
  return Template::named("Conv3d", std::move(sizes));
}

Operand natural_kernel(Planner& planner, const Node& node, int64_t taps, int64_t filters) {
  if (!planner.is_weight(node.inputs[1])) return planner.dense(node.inputs[1]);
  return planner.prepared(node.inputs[1], "depthwise", [&](Builder& b, Val w) { return b.reshape(w, {Dim(taps), Dim(filters)}); });
}

namespace {

void plan_depthwise(Planner& planner, const Node& node, const Target& target, const PlaneConv& g) {
  const Operand x = planner.even_rows(node.inputs[0]), y = planner.result(target);
  const Operand weights = natural_kernel(planner, node, g.kh * g.kw, g.filters);
  Step step = planner.step("depthwise_conv2d", "depthwise.h", node, target);
  step.templates = {Template::of(planner.type(node.inputs[0]).dtype), conv2d_type(g, g.channels, g.filters, *x.row_stride(), *y.row_stride()), Template::of(g.filters / g.channels), Template::epilogue_type()};
  finish_conv(planner, node, target, std::move(step), x, weights);
}

/// The kernel as one packed matrix of `rows` by `filters` for each group, one after another.
Operand grouped_panels(Planner& planner, const Node& node, int64_t rows, int64_t filters, int64_t groups) {
  if (!planner.is_weight(node.inputs[1])) return pack_now(planner, node, planner.dense(node.inputs[1]), {1, rows, filters, 0, groups * filters, 1}, groups, filters);
  return planner.prepared(node.inputs[1], groups == 1 ? "packed" : "grouped", [&](Builder& b, Val w) {
    const Val matrix = b.reshape(w, {Dim(rows), Dim(groups * filters)});
    Vals parts;
    for (int64_t group = 0; group < groups; ++group)
      parts.push_back(b.add1(Pack::Attrs{Pack::Layout::panels}, {b.slice(matrix, 1, group * filters, (group + 1) * filters)}));
    return b.concatenate(parts, 0);
  });
}

Operand packed_kernel(Planner& planner, const Node& node, const PlaneConv& g, int64_t groups) { return grouped_panels(planner, node, g.kh * g.kw * g.channels / groups, g.filters / groups, groups); }

void plan_direct(Planner& planner, const Node& node, const Target& target, const PlaneConv& g, int64_t groups, std::vector<Candidate> candidates) {
  const Operand x = planner.even_rows(node.inputs[0]), y = planner.result(target);
  const Operand packed = packed_kernel(planner, node, g, groups);
  Step step = planner.step(groups == 1 ? "conv2d" : "conv2d_grouped", "conv2d.h", node, target);
  step.candidates = std::move(candidates);
  step.templates = {Template::of(planner.type(node.inputs[0]).dtype), conv2d_type(g, g.channels / groups, g.filters / groups, *x.row_stride(), *y.row_stride())};
  if (groups > 1) step.templates.push_back(Template::of(groups));
  step.templates.push_back(Template::epilogue_type());
  finish_conv(planner, node, target, std::move(step), x, packed);
}

/// The convolutions that compute the same, cheapest chosen.
std::vector<Candidate> candidates_of(const Planner& planner, const Node& node, const PlaneConv& g, int64_t groups) {
  std::vector<Candidate> list = {{groups == 1 ? "conv2d" : "conv2d_grouped", direct_conv_us(g.size(planner, groups)), false}};
  if (fits_winograd(g, planner.type(node.inputs[0]).dtype, groups)) choose_winograd(planner, g, list);
  else list[0].chosen = true;
  return list;
}

int64_t cells_of(const Window& window) { return window.size[1] * window.size[2]; }
int64_t windows_of(const PlaneConv& g, const Window& window) {
  return ((g.out_h() - window.size[1]) / window.strides[1] + 1) * ((g.out_w() - window.size[2]) / window.strides[2] + 1);
}

void plan_max_pool(Planner& planner, const Node& node, const Target& target, const PlaneConv& g) {
  const Window& window = *target.pool;
  const Operand x = planner.even_rows(node.inputs[0]), y = planner.result(target);
  const Operand packed = packed_kernel(planner, node, g, 1);
  Step step = planner.step("conv2d_max_pool", "conv_max_pool.h", node, target);
  step.candidates = candidates_of(planner, node, g, 1);
  for (Candidate& candidate : step.candidates) {
    candidate.microseconds += max_pool_us(windows_of(g, window), cells_of(window), g.filters);
    candidate.kernel += " and pooling";
    candidate.chosen = false;
  }
  step.candidates.push_back({"conv2d_max_pool", conv_max_pool_us(g.size(planner), windows_of(g, window), cells_of(window)), true});
  std::vector<Template> sizes = numbers({window.size[1], window.size[2]});
  if (window.strides[1] != window.size[1] || window.strides[2] != window.size[2])
    for (int axis = 1; axis <= 2; ++axis) sizes.push_back(Template::of(window.strides[static_cast<size_t>(axis)]));
  step.templates = {Template::of(planner.type(node.inputs[0]).dtype), conv2d_type(g, g.channels, g.filters, *x.row_stride(), *y.row_stride()), Template::named("MaxWindow", std::move(sizes)), Template::epilogue_type()};
  finish_conv(planner, node, target, std::move(step), x, packed);
}

void plan_conv3d(Planner& planner, const Node& node, const Target& target, const ConvGeometry& g, const Shape& x_shape, const Shape& kernel) {
  const Operand x = planner.even_rows(node.inputs[0]), y = planner.result(target);
  const int64_t channels = x_shape.back().size / g.groups, filters = kernel.back().size / g.groups;
  int64_t rows = channels;
  for (int i = 0; i < 3; ++i) rows *= kernel[i].size;
  const Operand packed = grouped_panels(planner, node, rows, filters, g.groups);
  Step step = planner.step(g.groups == 1 ? "conv3d" : "conv2d_grouped", "conv2d.h", node, target);
  step.templates = {Template::of(planner.type(node.inputs[0]).dtype), conv3d_type(g, x_shape, kernel, *x.row_stride(), *y.row_stride())};
  if (g.groups > 1) step.templates.push_back(Template::of(g.groups));
  step.templates.push_back(Template::epilogue_type());
  finish_conv(planner, node, target, std::move(step), x, packed);
}

void plan_conv(Planner& planner, const Node& node, const Target& target) {
  const ConvGeometry& geometry = node.op.as<Conv>()->geometry;
  const Shape x = planner.type(node.inputs[0]).shape, kernel = planner.type(node.inputs[1]).shape;
  if (geometry.spatial_rank() == 3) return plan_conv3d(planner, node, target, geometry, x, kernel);
  const PlaneConv g = plane_conv(geometry, x, kernel);
  if (target.pool) return plan_max_pool(planner, node, target, g);
  if (geometry.groups > 1 && geometry.groups == g.channels) return plan_depthwise(planner, node, target, g);
  std::vector<Candidate> candidates = candidates_of(planner, node, g, geometry.groups);
  if (const std::optional<int64_t> m = chosen_winograd(candidates)) return plan_winograd(planner, node, target, g, *m, std::move(candidates));
  plan_direct(planner, node, target, g, geometry.groups, std::move(candidates));
}

/// Where the fused kernel takes the shapes and costs less than the cheapest convolution with pooling after it.
bool takes_max_pool(const Planner& planner, const Node& node, const Window& window) {
  const ConvGeometry& geometry = node.op.as<Conv>()->geometry;
  if (geometry.spatial_rank() != 2 || geometry.groups != 1 || !planner.is_weight(node.inputs[1])) return false;
  const PlaneConv g = plane_conv(geometry, planner.type(node.inputs[0]).shape, planner.type(node.inputs[1]).shape);
  if (!fuses_max_pool(g, window)) return false;
  const int64_t windows = windows_of(g, window), cells = cells_of(window);
  double apart = 0;
  for (const Candidate& candidate : candidates_of(planner, node, g, 1))
    if (candidate.chosen) apart = candidate.microseconds + max_pool_us(windows, cells, g.filters);
  return conv_max_pool_us(g.size(planner), windows, cells) < apart;
}

}  // namespace

bool fuses_max_pool(const PlaneConv& g, const Window& window) {
  const auto at = [](const std::vector<int64_t>& list, size_t axis) { return axis < list.size() ? list[axis] : 0; };
  if (window.kind != Window::Kind::max || window.size.size() != 4 || window.size[0] != 1 || window.size[3] != 1) return false;
  for (size_t axis = 0; axis < 4; ++axis)
    if (at(window.pad_low, axis) != 0 || at(window.pad_high, axis) != 0 || window.strides[axis] < window.size[axis]) return false;
  const int64_t rest = g.filters % 32, singles = rest % 16;
  if ((rest < 20 && singles >= 1 && singles <= 3) || g.out_h() < window.size[1] || g.out_w() < window.size[2]) return false;
  // Columns of windows in tiles of at most 6, as ColumnTiles cuts them: edges must lie in the first and the last.
  const int64_t count = (g.out_w() - window.size[2]) / window.strides[2] + 1, step = window.strides[2] * g.sw;
  int64_t tiles = (count + 5) / 6;
  for (int64_t n = tiles; count / n >= 4; ++n)
    if (count % n == 0) {
      tiles = n;
      break;
    }
  const int64_t size = count / tiles, first_size = size + (count % tiles > 0);
  const int64_t last_pad = g.left - (window.size[2] - 1) * g.sw, reach = g.w - 1 + last_pad - (g.kw - 1) * g.dw;
  const auto ceiling = [](int64_t a, int64_t b) { return a > 0 ? (a + b - 1) / b : 0; };
  const int64_t first_inner = std::min(count, ceiling(g.left, step));
  const int64_t last_first = std::min(count, ceiling(last_pad, step)), last_inner = std::max(last_first, reach < 0 ? 0 : std::min(count, reach / step + 1));
  return tiles == 1 || (first_inner <= first_size && last_inner >= count - size);
}

KernelRule conv_rule() {
  KernelRule rule{"conv", true, nullptr, plan_conv, [](const Planner&, const Node&) { return true; }};
  rule.takes_max_pool = takes_max_pool;
  rule.writes_rows = rule.reads_rows = [](const Planner&, const Node&) { return true; };
  return rule;
}

}  // namespace keratin::ir
