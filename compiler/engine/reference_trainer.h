// Training by the reference evaluator: slow, and what emitted training is compared with.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "compiler/engine/trainer.h"
#include "ir/eval.h"

namespace keratin {

/// By the evaluator; variables live here from step to step.
class ReferenceTrainer : public Trainer {
 public:
  ReferenceTrainer(const ir::Program& program, TrainStep step) : program_(program), step_(std::move(step)) {}

  Result<double> train(const FitData& batch) override { return step(*step_.function, batch); }
  Result<double> evaluate(const FitData& batch) override { return step(*step_.evaluate, batch); }
  void reset_metrics() override;
  Result<std::vector<Array>> results() override;
  Result<bool> finish() override;
  Result<std::vector<Array>> predict(const std::vector<Array>& inputs) override;
  Array variable(ir::VariableId id) override;
  void set_variable(ir::VariableId id, const Array& value) override;
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

}  // namespace keratin
