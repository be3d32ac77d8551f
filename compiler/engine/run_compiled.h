// A data file's examples through emitted code, some at a time.
#pragma once

#include <string>
#include <vector>

#include "compiler/backward.h"
#include "compiler/engine/compiled_model.h"
#include "compiler/engine/run_data.h"

namespace keratin {

/// Calls of `batch` examples, the last one shorter; results are under `names`, the outputs in order. Errors: the emitted code's status.
Result<NamedArrays> run_compiled(CompiledModel& model, const InputData& inputs, int64_t batch, const std::vector<std::string>& names);

/// The number of examples that `predict` takes: what the model fixes, else all of them.
int64_t batch_of(const ir::Program& program, const InputData& inputs);

/// Outputs and gradients, as reference_gradients.
std::optional<NamedArrays> compiled_gradients(CompiledModel& model, const Backward& backward, const InputData& inputs, const NamedArrays& data, const std::string& file, Problems& problems);

/// The same of a model that is planned, emitted and built first. `model_file` and `file` stand in messages. Throws BuildFailure.
std::optional<NamedArrays> build_and_differentiate(const ReadModel& read, ExpandedModel expanded, const Backward& backward, const InputData& inputs, const NamedArrays& data, const std::string& model_file,
                                                   const std::string& file, const PipelineOptions& options, Problems& problems);

}  // namespace keratin
