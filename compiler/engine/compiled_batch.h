// Many small models in one build: one translation unit, one compiler call, one library.
#pragma once

#include <memory>
#include <vector>

#include "compiler/build/library.h"
#include "compiler/engine/compiled_model.h"

namespace keratin {

/// Builds all of them; results are in the order of `models`. Throws BuildFailure where the compiler fails.
std::vector<std::unique_ptr<CompiledModel>> build_batch(std::vector<PlannedModel> models, const std::vector<std::string>& flags);

}  // namespace keratin
