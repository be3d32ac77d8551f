// The weights of a model by weight path.
#pragma once

#include <optional>

#include "compiler/data/npz.h"
#include "compiler/load.h"

namespace keratin {

/// Every weight in Keras's order under its path (`encoder/dense_1/kernel`), in the dtype of its variable, then what the file keeps of an
/// optimizer under `optimizer/...`. Problems: no weights, weights that do not fit, two with one path.
std::optional<NamedArrays> weight_arrays(ReadModel& read, Problems& problems);

}  // namespace keratin
