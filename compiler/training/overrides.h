// What the command line says of training, over what the model's file says.
#pragma once

#include <string>
#include <vector>

#include "compiler/graph/model.h"
#include "compiler/problems.h"
#include "compiler/training/train_step.h"
#include "compiler/training/training_overrides.h"

namespace keratin {

/// Changes the model's compile configuration accordingly. Problems name the option.
void override_training(Model& model, const TrainingOverrides& overrides, Problems& problems);

/// What targets are where no data says it: int32 class ids for losses of ids (sparse_categorical_crossentropy), else as the output.
BatchTypes target_types(const TrainingSetup& setup, const ir::Program& program, const std::string& file, Problems& problems);

}  // namespace keratin
