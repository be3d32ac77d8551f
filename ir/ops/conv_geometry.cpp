#include "ir/ops/conv_geometry.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace keratin::ir {

namespace {

Result<Done> check_geometry(const ConvGeometry& g) {
  const size_t rank = g.strides.size();
  if (g.dilation.size() != rank || g.pad_low.size() != rank || g.pad_high.size() != rank)
    return Error{fmt::format("has {} strides, {} dilations, {} low and {} high paddings", rank, g.dilation.size(), g.pad_low.size(),
                             g.pad_high.size())};
  for (size_t i = 0; i < rank; ++i) {
    if (g.strides[i] < 1) return Error{fmt::format("strides are ({}), must be positive", fmt::join(g.strides, ", "))};
    if (g.dilation[i] < 1) return Error{fmt::format("dilation is ({}), must be positive", fmt::join(g.dilation, ", "))};
    if (g.pad_low[i] < 0 || g.pad_high[i] < 0)
      return Error{fmt::format("padding is ({}) before and ({}) after, must not be negative", fmt::join(g.pad_low, ", "),
                               fmt::join(g.pad_high, ", "))};
  }
  if (g.groups < 1) return Error{fmt::format("has {} groups, must be positive", g.groups)};
  return Done{};
}

int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

}  // namespace

Result<Dim> window_positions(Dim extent, int64_t covered, int64_t stride, int64_t low, int64_t high) {
  if (extent.batch % stride != 0) return Error{fmt::format("stride {} does not divide the extent {}", stride, to_string(extent))};
  const Dim positions{extent.batch / stride, floor_div(extent.size + low + high - covered, stride) + 1};
  if (positions.at(1) < 1)
    return Error{fmt::format("a window of {} elements does not fit into {} elements with padding {} and {}", covered, to_string(extent),
                             low, high)};
  return positions;
}

Result<std::vector<Dim>> conv_output_sizes(const ConvGeometry& g, const std::vector<Dim>& input, const std::vector<int64_t>& kernel) {
  std::vector<Dim> sizes;
  for (size_t i = 0; i < g.strides.size(); ++i) {
    const int64_t covered = (kernel[i] - 1) * g.dilation[i] + 1;
    Result<Dim> size = window_positions(input[i], covered, g.strides[i], g.pad_low[i], g.pad_high[i]);
    if (!size) return Error{fmt::format("spatial axis {}: {}", i, size.error())};
    sizes.push_back(*size);
  }
  return sizes;
}

Result<Type> conv_type(const ConvGeometry& g, const Type& input, const Type& kernel) {
  if (Result<Done> ok = check_geometry(g); !ok) return Error{ok.error()};
  const int rank = g.spatial_rank();
  if (input.dtype != kernel.dtype)
    return Error{fmt::format("the input is {}, the kernel is {}", name_of(input.dtype), name_of(kernel.dtype))};
  if (!is_float(input.dtype)) return Error{fmt::format("takes floats, not {}", name_of(input.dtype))};
  if (input.shape.rank() != rank + 2)
    return Error{fmt::format("the input {} has {} axes, expected {}", to_string(input.shape), input.shape.rank(), rank + 2)};
  if (kernel.shape.rank() != rank + 2)
    return Error{fmt::format("the kernel {} has {} axes, expected {}", to_string(kernel.shape), kernel.shape.rank(), rank + 2)};
  if (!kernel.shape.is_static()) return Error{fmt::format("the kernel {} depends on the batch size", to_string(kernel.shape))};
  const Dim channels = input.shape.back();
  const int64_t per_group = kernel.shape[rank].size, filters = kernel.shape.back().size;
  if (channels != Dim(per_group * g.groups))
    return Error{fmt::format("the kernel reads {} channels in {} group{}, the input has {}", per_group, g.groups, g.groups == 1 ? "" : "s",
                             to_string(channels))};
  if (filters % g.groups != 0) return Error{fmt::format("{} filters are not divisible into {} groups", filters, g.groups)};
  std::vector<Dim> spatial(input.shape.dims.begin() + 1, input.shape.dims.end() - 1);
  std::vector<int64_t> sizes;
  for (int i = 0; i < rank; ++i) {
    sizes.push_back(kernel.shape[i].size);
    if (sizes.back() < 1) return Error{fmt::format("the kernel {} is empty", to_string(kernel.shape))};
  }
  Result<std::vector<Dim>> output = conv_output_sizes(g, spatial, sizes);
  if (!output) return Error{output.error()};
  Shape shape{input.shape[0]};
  shape.dims.insert(shape.dims.end(), output->begin(), output->end());
  shape.dims.push_back(filters);
  return Type{input.dtype, shape};
}

std::string to_string(const ConvGeometry& g) {
  return fmt::format("strides=({}) dilation=({}) low=({}) high=({}) groups={}", fmt::join(g.strides, ","), fmt::join(g.dilation, ","),
                     fmt::join(g.pad_low, ","),
                     fmt::join(g.pad_high, ","), g.groups);
}

}  // namespace keratin::ir
