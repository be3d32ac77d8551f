// What the three convolutions share. Layout is channels last: input [batch, spatial..., channels], kernel [spatial..., channels/groups, filters].
#pragma once

#include <cstdint>
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

/// Extents of the output: floor((size + pads - effective kernel) / stride) + 1; an error where one is not positive.
Result<std::vector<Dim>> conv_output_sizes(const ConvGeometry&, const std::vector<Dim>& input, const std::vector<int64_t>& kernel);

}  // namespace keratin::ir
