// The training functions of a bundle.
#pragma once

#include <vector>

#include "compiler/expand.h"
#include "compiler/problems.h"

namespace keratin {

struct EmittedTraining {
  std::vector<ir::FunctionId> functions;
  std::vector<int> result_directions;  // of loss and metrics: 1, more is better; -1, less is; 0, neither
};

/// Adds step, evaluation and what belongs to them, for targets of the types that the losses want; the model must say how it is compiled.
EmittedTraining add_emitted_training(Model& model, ExpandedModel& expanded, const std::string& file, Problems& problems);

}  // namespace keratin
