// An engine behind the interface that the runtime's training loop takes: the reference evaluator, or emitted code.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "compiler/engine/trainer.h"
#include "compiler/problems.h"
#include "keratin/training/batches.h"

namespace keratin {

/// Columns: `x/<input>`, `y/<output>`, and `sample_weight/<output>` where the training or the evaluation takes them.
class EngineTrainable : public kr::Trainable {
 public:
  /// The arrays' dtypes and rows are those of the columns. A trainer with evaluation takes the arrays of `validation`, whose rows must be
  /// of the same dtypes and shapes. Problems name the array.
  EngineTrainable(Trainer& trainer, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
                     const FitData& data, const FitData* validation, Problems& problems);

  /// The arrays as columns; they must outlive it, and fit those given at first.
  kr::TrainingData columns_of(const FitData& data) const;
  /// The engine's words for the last status that was not ok; throws what the engine threw.
  const std::string& error() const;

  kr::Size columns() const override { return static_cast<kr::Size>(columns_.size()); }
  const char* column_name(kr::Size column) const override { return at(column).name.c_str(); }
  kr::Size row_bytes(kr::Size column) const override { return at(column).row_bytes; }
  kr::Size fixed_batch() const override;
  kr::Status train(const void* const* columns, kr::Size examples, double& loss) noexcept override {
    return step(true, columns, examples, loss);
  }
  kr::Status evaluate(const void* const* columns, kr::Size examples, double& loss) noexcept override {
    return step(false, columns, examples, loss);
  }
  void reset_metrics() noexcept override;
  kr::Size results() const override { return static_cast<kr::Size>(trainer_.functions().result_names.size()); }
  const char* result_name(kr::Size result) const override { return trainer_.functions().result_names[static_cast<size_t>(result)].c_str(); }
  kr::Size result_count(kr::Size result) const override { return values_of(result).count(); }
  kr::Direction result_direction(kr::Size result) const override;
  void result(kr::Size result, double* values) const override;
  kr::Size iterations() const override;
  double learning_rate() const override;
  kr::Status set_learning_rate(double rate) noexcept override;
  kr::Size weight_bytes() const override;
  void copy_weights(void* to) const override;
  void set_weights(const void* from) override;
  kr::Status finish() override;
  /// An .npz of all variables by name, those of the optimizer under `optimizer/`.
  kr::Status save(const char* path) const override;

 private:
  struct Column {
    std::string name;
    DType dtype;
    std::vector<int64_t> shape;  // of a row
    kr::Size row_bytes;
    bool trained = true, evaluated = true;  // whether each of the two functions takes it
  };
  const Column& at(kr::Size column) const { return columns_[static_cast<size_t>(column)]; }
  void add_column(std::string name, const Array* data, const Array* validation, bool weights, Problems& problems);
  FitData batch(bool train, const void* const* columns, int64_t examples) const;
  kr::Status step(bool train, const void* const* columns, kr::Size examples, double& loss) noexcept;
  const Array& values_of(kr::Size result) const;
  kr::Status failed(std::string error) const;
  int64_t steps() const;
  /// Weights and statistics, as Keras's get_weights.
  std::vector<ir::VariableId> weights() const;

  Trainer& trainer_;
  size_t inputs_, outputs_;
  std::vector<Column> columns_;
  std::vector<std::optional<size_t>> weight_columns_;  // of each output
  mutable std::vector<Array> results_;  // empty: not computed since the last batch
  mutable std::string error_;
  std::exception_ptr thrown_;
};

}  // namespace keratin
