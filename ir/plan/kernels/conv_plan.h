// What the rules of convolutions share: sizes, the runtime's type of a convolution, the arguments of a call.
#pragma once

#include "ir/plan/cost.h"
#include "ir/plan/kernels/rules.h"

namespace keratin::ir {

/// The sizes of a convolution seen as two-dimensional: one dimension is a single row.
struct PlaneConv {
  int64_t h, w, channels, filters, kh, kw, sh, sw, dh, dw, top, bottom, left, right;

  int64_t out_h() const { return (h + top + bottom - (kh - 1) * dh - 1) / sh + 1; }
  int64_t out_w() const { return (w + left + right - (kw - 1) * dw - 1) / sw + 1; }
  ConvSize size(const Planner& planner, int64_t groups = 1) const {
    return {out_h(), out_w(), channels / groups, filters, kh * kw, static_cast<double>(planner.weight_bytes())};
  }
};
PlaneConv plane_conv(const ConvGeometry& geometry, const Shape& x, const Shape& kernel);

/// Conv2d<...> of the runtime; pixels of x and y are `x_stride` and `y_stride` elements apart.
Template conv2d_type(const PlaneConv& conv, int64_t channels, int64_t filters, int64_t x_stride, int64_t y_stride);

/// Conv3d<...> of the runtime for one group of a convolution of an input and a kernel of those shapes.
Template conv3d_type(const ConvGeometry& geometry, const Shape& x, const Shape& kernel, int64_t x_stride, int64_t y_stride);

std::vector<Template> numbers(std::initializer_list<int64_t> list);

/// Adds n, x, weights, bias, y, [scratch,] epilogue and pool to the step, and the step to the plan.
void finish_conv(Planner& planner, const Node& node, const Target& target, Step step, const Operand& x, const Operand& weights, std::optional<BufferId> scratch = std::nullopt);

/// A depthwise kernel as [taps][filters], in its own order.
Operand natural_kernel(Planner& planner, const Node& node, int64_t taps, int64_t filters);

/// Whether the kernel winograd computes this convolution.
bool fits_winograd(const PlaneConv& conv, DType dtype, int64_t groups);
/// The candidate of winograd that is chosen: its m; nothing: another one is.
std::optional<int64_t> chosen_winograd(const std::vector<Candidate>& candidates);
/// Adds winograd's candidates to a list, and marks the cheapest of all.
void choose_winograd(const Planner& planner, const PlaneConv& conv, std::vector<Candidate>& candidates);
/// Plans winograd with tiles of m x m outputs (Lavin and Gray, arXiv 1509.09308) of the node's first operand. Turned: with the node's kernel
/// flipped and its channels exchanged, the gradient of a convolution with stride 1.
void plan_winograd(Planner& planner, const Node& node, const Target& target, const PlaneConv& conv, int64_t m, std::vector<Candidate> candidates, bool turned = false);

/// Whether the runtime's conv2d_max_pool takes these shapes (fuses_max_pool in conv_max_pool.h).
bool fuses_max_pool(const PlaneConv& conv, const Window& window);

}  // namespace keratin::ir
