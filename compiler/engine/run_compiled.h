// A data file's examples through emitted code, some at a time.
#pragma once

#include <string>
#include <vector>

#include "compiler/engine/compiled_model.h"
#include "compiler/engine/run_data.h"

namespace keratin {

/// Calls of `batch` examples, the last one shorter; results are under `names`, the outputs in order. Errors: the emitted code's status.
Result<NamedArrays> run_compiled(CompiledModel& model, const InputData& inputs, int64_t batch, const std::vector<std::string>& names);

/// The number of examples that `predict` takes: what the model fixes, else all of them.
int64_t batch_of(const ir::Program& program, const InputData& inputs);

}  // namespace keratin
