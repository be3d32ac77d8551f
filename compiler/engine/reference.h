// The reference engine: a program run by the evaluator, behind the arrays of data files.
#pragma once

#include <optional>
#include <string>

#include "compiler/backward.h"
#include "compiler/data/npz.h"
#include "compiler/engine/run_data.h"
#include "compiler/problems.h"
#include "ir/program.h"

namespace keratin {

/// Runs `predict`, `batch` examples at a time; states are carried from one call to the next. `file` stands in messages.
std::optional<NamedArrays> reference_predict(const ir::Program& program, const InputData& data, int64_t batch, Problems& problems, const std::string& file);

/// Outputs, and the gradients under the names of `backward`; `data` holds `cotangent/<output>` for every float output.
std::optional<NamedArrays> reference_gradients(const ir::Program& program, const Backward& backward, const InputData& inputs, const NamedArrays& data, const std::string& file, Problems& problems);

}  // namespace keratin
