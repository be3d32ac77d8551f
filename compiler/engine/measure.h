// Steady-state time of one call.
#pragma once

#include <functional>

namespace keratin {

struct Timing {
  double min_us = 0;     // of one call: the best group
  double median_us = 0;  // of one call: the median group
};

/// Warms up, then times groups of calls for about `seconds` in all: a group lasts 20 us at least, so that the clock does not count.
Timing measure(const std::function<void()>& call, double seconds);

}  // namespace keratin
