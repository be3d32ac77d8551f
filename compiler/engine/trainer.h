// A training program that is run: its functions on batches, its variables from step to step.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "compiler/data/npz.h"
#include "compiler/training/train_step.h"

namespace keratin {

/// Arrays of as many rows each: inputs in the model's order, targets and sample weights (or none) per output.
struct FitData {
  std::vector<Array> inputs, targets;
  std::vector<std::optional<Array>> weights;

  int64_t examples() const { return inputs.empty() || inputs[0].rank() == 0 ? 0 : inputs[0].shape[0]; }
};

/// Runs the functions of a training program on batches of any size. Errors are the engine's (an id out of range).
class Trainer {
 public:
  virtual ~Trainer() = default;
  /// One step; the loss before the update. The functions must have a training step.
  virtual Result<double> train(const FitData& batch) = 0;
  /// Loss and metrics of a batch in inference mode; the step must have been made with evaluation.
  virtual Result<double> evaluate(const FitData& batch) = 0;
  virtual void reset_metrics() = 0;
  /// The metrics so far, in the order of result_names.
  virtual Result<std::vector<Array>> results() = 0;
  /// Ends training: averages replace weights.
  virtual Result<bool> finish() = 0;
  /// The outputs of predict with the present weights, in batches where the model fixes their size; states begin anew.
  virtual Result<std::vector<Array>> predict(const std::vector<Array>& inputs) = 0;
  virtual Array variable(ir::VariableId id) = 0;
  /// Of the variable's type. Those that no function reads or changes are left as they are.
  virtual void set_variable(ir::VariableId id, const Array& value) = 0;
  virtual const TrainStep& functions() const = 0;
  virtual const ir::Program& program() const = 0;
};

/// The optimizer's variables as the trainer has them, by their names in the program: `optimizer/iteration`, ...
NamedArrays optimizer_variables(Trainer& trainer);
/// Sets those that are among the values, but for one that may be named.
void set_optimizer_variables(Trainer& trainer, const NamedArrays& values, std::string_view except = {});

}  // namespace keratin
