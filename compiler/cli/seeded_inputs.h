// Inputs for a model that nobody gives any: the same for the same model, everywhere.
#pragma once

#include "compiler/engine/run_data.h"
#include "ir/program.h"

namespace keratin {

/// `examples` for each input of an expanded model (the batch that it fixes, where it fixes one): floats in -1..1, integers from 0 to 9,
/// booleans either. In a model with embeddings all of them are ids within its smallest table, since ids may be declared as floats.
InputData seeded_inputs(const Model& model, const ir::Program& program, int64_t examples);

}  // namespace keratin
