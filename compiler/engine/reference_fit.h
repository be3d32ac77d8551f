// Training by the reference evaluator: slow, and what emitted training is compared with.
#pragma once

#include <vector>

#include "compiler/data/npz.h"
#include "compiler/training/train_step.h"
#include "ir/eval.h"

namespace keratin {

/// Runs a train_step on batches of any size; variables live here from step to step.
class ReferenceTrainer {
 public:
  ReferenceTrainer(const ir::Program& program, TrainStep step) : program_(program), step_(step) {}

  /// One step; the loss before the update. Errors: the evaluator's (an id out of range).
  Result<double> train(const std::vector<Array>& inputs, const std::vector<Array>& targets);
  /// The outputs of predict with the present weights, in batches where the model fixes their size; states begin anew.
  Result<std::vector<Array>> predict(const std::vector<Array>& inputs);
  Array variable(ir::VariableId id) const;

 private:
  using State = std::map<ir::VariableId, ir::Tensor>;
  /// Runs a function on the state, which its updates change.
  Result<ir::Tensors> run(ir::FunctionId function, const std::vector<Array>& arrays, State& state) const;

  const ir::Program& program_;
  TrainStep step_;
  State state_;
};

}  // namespace keratin
