// Steady-state time of one call, and the seeded inputs to call a model on.
#pragma once

#include <functional>

#include "compiler/data/npz.h"
#include "ir/program.h"

namespace keratin {

struct Timing {
  double min_us = 0;     // of one call: the best group
  double median_us = 0;  // of one call: the median group
};

/// Warms up, then times groups of calls for about `seconds` in all: a group lasts 20 us at least, so that the clock does not count.
Timing measure(const std::function<void()>& call, double seconds);

/// Arrays for every parameter of `predict`: floats from a normal distribution, booleans, integers that are valid ids of every table that
/// `predict` looks up. The same values for the same seed, on every machine.
std::vector<Array> seeded_inputs(const ir::Function& predict, int64_t batch, uint64_t seed);

}  // namespace keratin
