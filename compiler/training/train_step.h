// The training step as IR: forward in training mode, loss, backward, optimizer, all as one function with updates of variables.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compiler/expand.h"
#include "compiler/training/losses.h"
#include "compiler/training/optimizers.h"

namespace keratin {

/// What model.compile() was given, read and checked against the model.
struct TrainingSetup {
  std::unique_ptr<Optimizer> optimizer;
  std::vector<Loss> losses;           // one per output
  std::vector<double> loss_weights;   // likewise
};

/// Reads the compile configuration of a Keras 3 file. Problems name the file and what is not supported: an optimizer, a loss, an argument, a
/// constraint of a weight, dropout inside a recurrent layer.
TrainingSetup read_training(const Model& model, const std::string& file, Problems& problems);

struct TrainStep {
  ir::FunctionId function;      // `train_step`: parameters are the inputs, then `y/<output>` of every output; the output is `loss`
  ir::VariableId learning_rate; // float32 scalar
  ir::VariableId iteration;     // int64 scalar, steps so far
};

/// Adds train_step to the program of an expanded model with bound weights. Slots are variables of role slot, `optimizer/<weight>_<slot>`.
/// `target_types` are the types of the targets, batch included.
TrainStep add_train_step(Model& model, ExpandedModel& expanded, const TrainingSetup& setup, const std::vector<ir::Type>& target_types, const std::string& file,
                         Problems& problems);

}  // namespace keratin
