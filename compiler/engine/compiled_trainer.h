// Training by emitted code.
#pragma once

#include "compiler/engine/compiled_model.h"
#include "compiler/engine/trainer.h"

namespace keratin {

/// Variables live in the loaded library from step to step.
class CompiledTrainer : public Trainer {
 public:
  /// Plans, emits, builds and loads. Throws BuildFailure; errors name the layer that cannot be compiled.
  static Result<std::unique_ptr<CompiledTrainer>> make(ExpandedModel expanded, TrainStep step, const EmitOptions& options, const PipelineOptions& pipeline, const std::string& file,
                                                       const std::vector<std::string>& flags = BuildInput().flags);

  Result<double> train(const FitData& batch) override { return step("train_step", batch); }
  Result<double> evaluate(const FitData& batch) override { return step("evaluate_step", batch); }
  void reset_metrics() override;
  Result<std::vector<Array>> results() override { return model_.call("metric_results", {}, 1); }
  Result<bool> finish() override;
  Result<std::vector<Array>> predict(const std::vector<Array>& inputs) override;
  Array variable(ir::VariableId id) override;
  void set_variable(ir::VariableId id, const Array& value) override {
    if (model_.holds(id)) model_.set_variable(id, value);
  }
  const TrainStep& functions() const override { return step_; }
  const ir::Program& program() const override { return model_.program(); }

 private:
  CompiledTrainer(PlannedModel planned, const EmitOptions& options, const std::vector<std::string>& flags, TrainStep step) : model_(std::move(planned), options, flags), step_(std::move(step)) {}
  Result<double> step(const char* function, const FitData& batch);

  CompiledModel model_;
  TrainStep step_;
};

}  // namespace keratin
