// Padding by a constant, by reflection and by repetition (keras.ops.pad).
#pragma once

#include "compiler/operations/arguments.h"

namespace keratin {

/// The arguments x, pad_width, mode (constant, reflect, symmetric, edge) and constant_values.
Val pad(Arguments& a);

}  // namespace keratin
