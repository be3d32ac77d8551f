// conv with 3x3 kernels and stride 1 by Winograd's minimal filtering: winograd.h.
#include <algorithm>

#include "ir/plan/kernels/conv_plan.h"
#include "ir/plan/packing.h"

namespace keratin::ir {

namespace {

constexpr int64_t kThreads = 4;  // that may take part: scratch memory for each

/// Kernel transforms: A x 3, row-major, A = m + 2.
Tensor transform(int64_t m) {
  static const std::vector<double> two = {1, 0, 0, 0.5, 0.5, 0.5, 0.5, -0.5, 0.5, 0, 0, 1};
  static const std::vector<double> four = {1. / 4,  0,       0,      -1. / 6,  -1. / 6, -1. / 6, -1. / 6, 1. / 6, -1. / 6,
                                           1. / 24, 1. / 12, 1. / 6, 1. / 24, -1. / 12, 1. / 6,  0,       0,      1};
  Tensor tensor(DType::float64, {m + 2, 3});
  tensor.floats = m == 2 ? two : four;
  return tensor;
}

/// U[i][j] = (L g L^T)[i][j], computed in double, each position a packed matrix of channels by filters.
Val transformed(Builder& b, Val kernel, const PlaneConv& conv, int64_t m) {
  const Dim a(m + 2), three(3), channels(conv.channels), filters(conv.filters), plane(conv.channels * conv.filters);
  const Val l = b.constant(transform(m)), g = b.cast(kernel, DType::float64);
  const Val rows = b.reshape(b.dense(l, b.reshape(g, {three, three * plane.size})), {a, three, plane});
  const Val across = b.reshape(b.transpose(rows, {1, 0, 2}), {three, a * plane.size});
  const Val both = b.transpose(b.reshape(b.dense(l, across), {a, a, channels, filters}), {1, 0, 2, 3});
  const Val u = b.cast(b.reshape(both, {a * a.size, channels, filters}), DType::float32);
  Vals positions;
  for (int64_t p = 0; p < a.size * a.size; ++p) {
    const Val matrix = b.reshape(b.slice(u, 0, p, p + 1), {channels, filters});
    positions.push_back(b.add1(Pack::Attrs{Pack::Layout::panels}, {matrix}));
  }
  return b.concatenate(positions, 0);
}

/// Elements of scratch memory: winograd_scratch of the runtime for kThreads threads.
int64_t scratch_elements(const PlaneConv& conv, int64_t m) {
  constexpr int64_t kTileRows = 8;  // an upper bound over instruction sets
  const int64_t positions = (m + 2) * (m + 2), width = conv.channels + conv.filters;
  const int64_t fit = 393216 / (positions * width * 4);
  const int64_t least = positions * conv.channels * conv.filters * 4 > 524288 ? 48 : 2 * kTileRows;
  return kThreads * positions * std::min<int64_t>(96, std::max(least, fit)) * width;
}

/// The weights transformed where they are used: they change, or are no weights.
Operand transformed_now(Planner& planner, const Node& node, const PlaneConv& conv, int64_t m, bool turned) {
  Operand w = planner.dense(node.inputs[1]);
  const int64_t c = conv.channels, f = conv.filters, tap = c * f;
  const Operand u = planner.scratch_operand(w.dtype, {Dim((m + 2) * (m + 2) * c * padded_outputs(f))}, "transformed");
  if (turned) w.offset = w.offset + Dim(8 * tap);
  Step step = planner.step("winograd_transform", "winograd_weights.h", node, Target{});
  step.templates = {Template::of(m)};
  // The kernel is (3, 3, c, f); turned it is (3, 3, f, c), read backwards.
  const std::vector<Dim> sizes = turned ? std::vector<Dim>{c, f, -3 * tap, -tap, 1, c} : std::vector<Dim>{c, f, 3 * tap, tap, f, 1};
  step.args = {AggregateArg{"WinogradSource", sizes}, PointerArg{w, false}, PointerArg{u, true}, PoolArg{}};
  step.input = w;
  step.output = u;
  planner.add(std::move(step));
  return u;
}

}  // namespace

void choose_winograd(const Planner& planner, const PlaneConv& conv, std::vector<Candidate>& candidates) {
  candidates.push_back({"winograd 2x2", winograd_us(conv.size(planner), 2), false});
  if (planner.options().relaxed) candidates.push_back({"winograd 4x4", winograd_us(conv.size(planner), 4), false});
  std::min_element(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) { return a.microseconds < b.microseconds; })->chosen = true;
}

std::optional<int64_t> chosen_winograd(const std::vector<Candidate>& candidates) {
  const auto chosen = std::find_if(candidates.begin(), candidates.end(), [](const Candidate& c) { return c.chosen; });
  return chosen == candidates.end() || !chosen->kernel.starts_with("winograd") ? std::nullopt : std::optional<int64_t>(chosen->kernel.ends_with("4x4") ? 4 : 2);
}

bool fits_winograd(const PlaneConv& conv, DType dtype, int64_t groups) {
  return dtype == DType::float32 && groups == 1 && conv.kh == 3 && conv.kw == 3 && conv.sh == 1 && conv.sw == 1 && conv.dh == 1 && conv.dw == 1;
}

void plan_winograd(Planner& planner, const Node& node, const Target& target, const PlaneConv& conv, int64_t m, std::vector<Candidate> candidates, bool turned) {
  const Operand x = planner.even_rows(node.inputs[0]), y = planner.result(target);
  const Operand weights = turned || !planner.is_weight(node.inputs[1]) ? transformed_now(planner, node, conv, m, turned)
                                                                       : planner.prepared(node.inputs[1], m == 2 ? "winograd" : "winograd4", [&](Builder& b, Val w) {
                                                                           return transformed(b, b.reshape(w, {Dim(3), Dim(3), Dim(conv.channels), Dim(conv.filters)}), conv, m);
                                                                         });
  Step step = planner.step("winograd", "winograd.h", node, target);
  step.candidates = std::move(candidates);
  step.templates = {Template::of(DType::float32), conv2d_type(conv, conv.channels, conv.filters, *x.row_stride(), *y.row_stride()), Template::of(m), Template::epilogue_type(), Template::of(kThreads)};
  finish_conv(planner, node, target, std::move(step), x, weights, planner.scratch(DType::float32, Dim(scratch_elements(conv, m)), "winograd"));
}

}  // namespace keratin::ir
