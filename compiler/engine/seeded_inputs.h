// Inputs for a model that nobody gives any: the same for the same model and seed, on every machine.
#pragma once

#include <optional>
#include <vector>

#include "compiler/data/npz.h"
#include "ir/program.h"

namespace keratin {

/// Rows of the smallest table that ids may index; nothing where there is none.
std::optional<int64_t> smallest_table(const ir::Function& predict);

/// The number of examples that a parameter of `predict` fixes.
std::optional<int64_t> fixed_batch(const ir::Function& predict);

/// `examples` for each parameter of `predict` (the batch that it fixes, where it fixes one): floats from a normal distribution, booleans either,
/// integers 0 and 1. A float that the model multiplies by a constant at once (pixels by 1/255) is drawn so that the product is uniform between 0 and 1. In a model that looks up tables all numbers are ids of the smallest one, since ids may be declared as floats.
std::vector<Array> seeded_inputs(const ir::Program& program, int64_t examples, uint64_t seed);

/// Targets for a training step on `examples`: class ids below the classes of the output, else numbers in (0, 1), rows of which add up to 1 for
/// outputs with several columns.
std::vector<Array> seeded_targets(const ir::Program& program, const std::vector<ir::Type>& targets, int64_t examples, uint64_t seed);

}  // namespace keratin
