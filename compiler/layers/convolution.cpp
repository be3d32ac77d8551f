#include "compiler/layers/convolution.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace keratin {

AxisPadding axis_padding(const std::string& padding, int64_t length, int64_t window, int64_t stride, int64_t dilation) {
  const int64_t effective = (window - 1) * dilation + 1;
  if (padding == "causal") return {effective - 1, 0};
  if (padding != "same") return {};
  const int64_t outputs = (length + stride - 1) / stride;
  const int64_t total = std::max<int64_t>((outputs - 1) * stride + effective - length, 0);
  return {total / 2, total - total / 2};  // the odd cell on the right and bottom
}

Val to_channels_last(Val x) {
  if (x.poisoned()) return x;
  std::vector<int> order = {0};
  for (int axis = 2; axis < x.rank(); ++axis) order.push_back(axis);
  order.push_back(1);
  return x.builder().transpose(x, order);
}

Val to_channels_first(Val x) {
  if (x.poisoned()) return x;
  std::vector<int> order = {0, x.rank() - 1};
  for (int axis = 1; axis < x.rank() - 1; ++axis) order.push_back(axis);
  return x.builder().transpose(x, order);
}

std::string joined_by_x(const std::vector<int64_t>& numbers) { return fmt::format("{}", fmt::join(numbers, "x")); }

}  // namespace keratin
