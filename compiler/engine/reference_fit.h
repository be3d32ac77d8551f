// Training by the reference evaluator: slow, and what emitted training is compared with.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "compiler/data/npz.h"
#include "compiler/engine/trainer.h"
#include "ir/eval.h"

namespace keratin {

/// By the evaluator; variables live here from step to step.
class ReferenceTrainer : public Trainer {
 public:
  ReferenceTrainer(const ir::Program& program, TrainStep step) : program_(program), step_(std::move(step)) {}

  Result<double> train(const FitData& batch) override { return step(step_.function, batch); }
  Result<double> evaluate(const FitData& batch) override { return step(*step_.evaluate, batch); }
  void reset_metrics() override;
  Result<std::vector<Array>> results() override;
  Result<bool> finish() override;
  Result<std::vector<Array>> predict(const std::vector<Array>& inputs) override;
  Array variable(ir::VariableId id) override;
  const TrainStep& functions() const override { return step_; }
  const ir::Program& program() const override { return program_; }

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
Result<FitResult> fit(Trainer& trainer, const FitData& data, const std::optional<FitData>& validation, const FitOptions& options);

}  // namespace keratin
