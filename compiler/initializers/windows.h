// Window functions by the names that scipy.signal.get_window knows.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace keratin {

/// The window's `length` values; a periodic one is the symmetric window of one value more without its last. A suffix `_periodic` or
/// `_symmetric` of the name decides over `periodic`. Nothing: no window of that name, or one that has parameters.
std::optional<std::vector<double>> window_of(std::string_view name, int64_t length, bool periodic);

}  // namespace keratin
