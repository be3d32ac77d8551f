// What the convolution and pooling layers share: padding rules and channels-first handling.
#pragma once

#include <string>
#include <vector>

#include "compiler/layers/call_context.h"

namespace keratin {

/// Padding before and after an axis of `length` for Keras's `same`, `valid` and `causal`.
struct AxisPadding {
  int64_t low = 0, high = 0;
};
AxisPadding axis_padding(const std::string& padding, int64_t length, int64_t window, int64_t stride, int64_t dilation);

/// [n, c, spatial...] -> [n, spatial..., c] and back.
Val to_channels_last(Val x);
Val to_channels_first(Val x);

/// `3x3`, for descriptions.
std::string joined_by_x(const std::vector<int64_t>& numbers);

}  // namespace keratin
