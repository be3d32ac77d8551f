// A sliding window over every axis of an operand, as pooling uses it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ir/support/result.h"
#include "ir/type/type.h"

namespace keratin::ir {

/// One entry per axis of the operand (1, 1, 0, 0 for axes that are not pooled). Cells in the padding do not take part.
struct Window {
  enum class Kind : uint8_t { max, sum };
  Kind kind;
  std::vector<int64_t> size, strides, pad_low, pad_high;
  bool operator==(const Window&) const = default;
};

/// Type of the reduced operand, or what does not fit.
Result<Type> window_type(const Window&, const Type& operand);

/// `max size=(1,2,2,1) strides=(1,2,2,1) low=(0,0,0,0) high=(0,0,0,0)`.
std::string to_string(const Window&);

/// Calls `f(position in the output, offsets of the window's cells in the operand)`, both row-major; cells in the padding are left out.
void for_each_window(const Window& window, const std::vector<int64_t>& operand, const std::vector<int64_t>& output,
                     const std::function<void(int64_t, const std::vector<int64_t>&)>& f);

/// The first largest of those cells (a NaN is larger than all numbers); -1 where there is none.
template <class T>
int64_t first_largest(const std::vector<T>& values, const std::vector<int64_t>& cells) {
  int64_t best = -1;
  for (int64_t cell : cells) {
    if (best < 0 || values[static_cast<size_t>(cell)] > values[static_cast<size_t>(best)]) best = cell;
    if (values[static_cast<size_t>(cell)] != values[static_cast<size_t>(cell)]) return cell;
  }
  return best;
}

}  // namespace keratin::ir
