// Training by the reference evaluator: slow, and what emitted training is compared with.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "compiler/data/npz.h"
#include "compiler/training/train_step.h"
#include "ir/eval.h"

namespace keratin {

/// Arrays of as many rows each: inputs in the model's order, targets and sample weights (or none) per output.
struct FitData {
  std::vector<Array> inputs, targets;
  std::vector<std::optional<Array>> weights;

  int64_t examples() const { return inputs.empty() || inputs[0].rank() == 0 ? 0 : inputs[0].shape[0]; }
  FitData rows(int64_t begin, int64_t count) const;
};

/// Runs the functions of a training program on batches of any size; variables live here from step to step.
class ReferenceTrainer {
 public:
  ReferenceTrainer(const ir::Program& program, TrainStep step) : program_(program), step_(std::move(step)) {}

  /// One step; the loss before the update. Errors: the evaluator's (an id out of range).
  Result<double> train(const FitData& batch) { return step(step_.function, batch); }
  /// Loss and metrics of a batch in inference mode; the step must have been made with evaluation.
  Result<double> evaluate(const FitData& batch) { return step(*step_.evaluate, batch); }
  void reset_metrics();
  /// The metrics so far, in the order of result_names.
  Result<std::vector<Array>> results();
  /// Ends training: averages replace weights.
  Result<bool> finish();
  /// The outputs of predict with the present weights, in batches where the model fixes their size; states begin anew.
  Result<std::vector<Array>> predict(const std::vector<Array>& inputs);
  Array variable(ir::VariableId id) const;
  const TrainStep& functions() const { return step_; }

 private:
  using State = std::map<ir::VariableId, ir::Tensor>;
  Result<double> step(ir::FunctionId function, const FitData& batch);
  /// Runs a function on the state, which its updates change.
  Result<ir::Tensors> run(ir::FunctionId function, const std::vector<Array>& arrays, State& state) const;

  const ir::Program& program_;
  TrainStep step_;
  State state_;
};

/// The arguments of fit that are honoured; shuffling is not.
struct FitOptions {
  int64_t epochs = 1, batch_size = 32, validation_batch_size = 32;
  double validation_split = 0;
  int64_t validation_period = 1;                // every so many epochs
  std::vector<int64_t> validation_epochs;       // or after these, counted from 1
  std::vector<std::pair<int64_t, double>> class_weights;

  bool validates_after(int64_t epoch) const;  // counted from 1
};
/// Errors name the argument.
Result<FitOptions> read_fit(const Json& arguments);

/// Cuts the last fraction of the data off, which is returned, as validation_split does.
FitData split_validation(FitData& data, double fraction);
/// Sample weights by the classes of the targets: class ids, one-hot rows, or bits.
Result<Array> class_weights_of(const Array& targets, const std::vector<std::pair<int64_t, double>>& weights);

struct FitResult {
  std::vector<double> batch_losses;
  std::vector<std::pair<std::string, std::vector<Array>>> history;  // a scalar or vector per epoch
};
/// The training loop of keras.Model.fit without shuffling.
Result<FitResult> fit(ReferenceTrainer& trainer, const FitData& data, const std::optional<FitData>& validation, const FitOptions& options);

}  // namespace keratin
