// A sliding window over every axis of an operand, as pooling uses it.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/type/type.h"

namespace keratin::ir {

/// One entry per axis of the operand (1, 1, 0, 0 for axes that are not pooled). Cells in the padding do not take part.
struct Window {
  enum class Kind : uint8_t { max, sum };
  Kind kind;
  std::vector<int64_t> size, strides, pad_low, pad_high;
  bool operator==(const Window&) const = default;
};

}  // namespace keratin::ir
