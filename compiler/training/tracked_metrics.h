// All metrics of a model under the names that the history shows: the total loss, the outputs' losses, the metrics of compile.
#pragma once

#include <string>
#include <vector>

#include "compiler/training/setup.h"

namespace keratin {

/// What one step has at hand for the metrics.
struct StepValues {
  struct Output {
    MetricBatch batch;
    Val loss;  // before its weight; poisoned: none
  };
  std::vector<Output> outputs;
  Val total_loss;
  ir::Dim examples;
};

/// Metric variables (role metric, `metric/<key>/<name>`) live once in a program, whichever functions update them.
class TrackedMetrics {
 public:
  /// Declares the variables. `outputs` are the model's output names.
  TrackedMetrics(ir::Program& program, const TrainingSetup& setup, const std::vector<std::string>& outputs, const StepValues& example);

  /// Adds the updates of one batch. Errors are the builder's.
  void update(ir::Builder& b, const StepValues& values) const;
  /// Adds the function `metric_results`: no parameters, an output per key.
  ir::FunctionId add_results(ir::Program& program) const;
  std::vector<std::string> keys() const;
  std::vector<Better> better() const;

 private:
  struct Entry {
    enum class Kind : uint8_t { total_loss, output_loss, metric };
    Kind kind;
    std::string key;
    size_t output = 0;
    std::shared_ptr<const Metric> metric;
    bool weighted = false;
    std::vector<ir::VariableId> variables;
  };
  void add(ir::Program& program, Entry entry, const std::vector<MetricVariable>& variables);
  std::string free_key(const std::string& output, const std::string& name, bool weighted) const;

  std::vector<Entry> entries_;
};

}  // namespace keratin
