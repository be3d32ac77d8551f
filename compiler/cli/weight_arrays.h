// The weights of a model by weight path.
#pragma once

#include <cstdint>
#include <optional>

#include "compiler/data/npz.h"
#include "compiler/load.h"

namespace keratin {

/// Every weight in Keras's order under its path (`encoder/dense_1/kernel`), in the dtype of its variable, then what the file keeps of an
/// optimizer under `optimizer/...`. With a seed, first values in place of what the file has, and no optimizer. Problems: no weights, weights
/// that do not fit, two with one path, an initializer that fails.
std::optional<NamedArrays> weight_arrays(ReadModel& read, std::optional<uint64_t> seed, Problems& problems);

}  // namespace keratin
