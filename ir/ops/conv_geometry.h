// What the three convolutions share. Layout is channels last: input [batch, spatial..., channels], kernel [spatial..., channels/groups,
// filters].
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ir/support/result.h"
#include "ir/type/type.h"

namespace keratin::ir {

/// Cross-correlation (no flip). One entry per spatial axis; explicit padding, negative never.
struct ConvGeometry {
  std::vector<int64_t> strides, dilation, pad_low, pad_high;
  int64_t groups = 1;  // filter block g reads channel block g
  int spatial_rank() const { return static_cast<int>(strides.size()); }
  bool operator==(const ConvGeometry&) const = default;
};

/// Positions of a window that covers `covered` elements: floor((extent + low + high - covered) / stride) + 1. An error where there is none
/// or where it is not linear in the batch size.
Result<Dim> window_positions(Dim extent, int64_t covered, int64_t stride, int64_t low, int64_t high);

/// Output type of the convolution of that input and kernel, or what does not fit.
Result<Type> conv_type(const ConvGeometry&, const Type& input, const Type& kernel);

/// The attributes as text: `strides=(2,2) dilation=(1,1) low=(0,0) high=(1,1) groups=1`.
std::string to_string(const ConvGeometry&);

/// Extents of the output: floor((size + pads - effective kernel) / stride) + 1; an error where one is not positive.
Result<std::vector<Dim>> conv_output_sizes(const ConvGeometry&, const std::vector<Dim>& input, const std::vector<int64_t>& kernel);

}  // namespace keratin::ir
