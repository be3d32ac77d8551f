// training in the training loop of keratin/training. Source: optimizer_adam.keras (Keras 3.15.1). Made by Keratin 0.1.0; this output is yours, without conditions.
#pragma once

#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "training.h"
#include "keratin/training/saved_arrays.h"
#include "keratin/training/training.h"

namespace training {

/// Every array of both structs under its name in files: weights by their paths, `optimizer/...`.
inline std::vector<kr::SavedArray> saved_arrays(Weights& w, OptimizerState& o) {
  (void)w;
  (void)o;
  return {
      kr::saved_array("hidden/kernel", {5, 7}, w.hidden_kernel),
      kr::saved_array("hidden/bias", {7}, w.hidden_bias),
      kr::saved_array("out/kernel", {7, 3}, w.out_kernel),
      kr::saved_array("out/bias", {3}, w.out_bias),
      kr::saved_array("optimizer/iteration", {}, &o.iteration),
      kr::saved_array("optimizer/learning_rate", {}, &o.learning_rate),
      kr::saved_array("optimizer/hidden/kernel_momentum", {5, 7}, o.hidden_kernel_momentum),
      kr::saved_array("optimizer/hidden/kernel_velocity", {5, 7}, o.hidden_kernel_velocity),
      kr::saved_array("optimizer/hidden/bias_momentum", {7}, o.hidden_bias_momentum),
      kr::saved_array("optimizer/hidden/bias_velocity", {7}, o.hidden_bias_velocity),
      kr::saved_array("optimizer/out/kernel_momentum", {7, 3}, o.out_kernel_momentum),
      kr::saved_array("optimizer/out/kernel_velocity", {7, 3}, o.out_kernel_velocity),
      kr::saved_array("optimizer/out/bias_momentum", {3}, o.out_bias_momentum),
      kr::saved_array("optimizer/out/bias_velocity", {3}, o.out_bias_velocity),
  };
}

/// Writes an .npz file, complete or not at all.
inline kr::Status save(const char* path, const Weights& w, const OptimizerState& o) {
  return kr::plain_status(kr::save_arrays(path, saved_arrays(const_cast<Weights&>(w), const_cast<OptimizerState&>(o))));
}

/// Reads what `save` wrote. Nothing is changed unless all of it fits.
inline kr::Status load(const char* path, Weights& w, OptimizerState& o) { return kr::plain_status(kr::load_arrays(path, saved_arrays(w, o))); }

/// The model as kr::fit and kr::evaluate take it. Holds weights, the optimizer's state and the workspace.
class Trainer final : public kr::Trainable {
 public:
  /// Begins with `weights`. `max_batch`: the largest batch of fit and evaluate.
  explicit Trainer(kr::Size max_batch, const Weights& weights = initial_weights(), kr::Pool* pool = nullptr)
      : weights_(std::make_unique<Weights>(weights)), state_(std::make_unique<OptimizerState>(weights)), space_(max_batch, pool) {}

  Weights& weights() { return *weights_; }
  OptimizerState& state() { return *state_; }
  kr::Status load(const char* path) { return training::load(path, *weights_, *state_); }
  /// Examples and what the outputs should be, as kr::fit and kr::evaluate take them; nothing is copied.
  static kr::TrainingData data(const Inputs& in, const Targets& targets) { return kr::training_data({{in.x.data(), in.x.rows()}, {targets.out.data(), targets.out.rows()}}); }

  kr::Size columns() const override { return 2; }
  const char* column_name(kr::Size i) const override {
    static constexpr const char* kNames[] = {"x/x", "y/out"};
    return kNames[i];
  }
  kr::Size row_bytes(kr::Size i) const override {
    static constexpr kr::Size kBytes[] = {20, 12};
    return kBytes[i];
  }
  kr::Size fixed_batch() const override { return 0; }
  kr::Status train(const void* const* columns, kr::Size n, double& loss) noexcept override {
    (void)n;
    const kr::Status status = train_step(*weights_, *state_, Inputs{{static_cast<const float*>(columns[0]), n}}, Targets{{static_cast<const float*>(columns[1]), n}}, result_, space_);
    loss = static_cast<double>(result_.loss);
    return status;
  }
  kr::Status evaluate(const void* const* columns, kr::Size n, double& loss) noexcept override {
    (void)n;
    const kr::Status status = evaluate_step(*weights_, Inputs{{static_cast<const float*>(columns[0]), n}}, Targets{{static_cast<const float*>(columns[1]), n}}, result_, space_);
    loss = static_cast<double>(result_.loss);
    return status;
  }
  void reset_metrics() noexcept override { result_.reset(); }
  kr::Size results() const override { return 1; }
  const char* result_name(kr::Size i) const override {
    static constexpr const char* kNames[] = {"loss"};
    return kNames[i];
  }
  kr::Size result_count(kr::Size i) const override {
    static constexpr kr::Size kCounts[] = {1};
    return kCounts[i];
  }
  kr::Direction result_direction(kr::Size i) const override {
    static constexpr kr::Direction kDirections[] = {kr::Direction::down};
    return kDirections[i];
  }
  void result(kr::Size i, double* values) const override {
    Metrics metrics;
    if (!metric_results(result_, metrics)) {  // no memory
      for (kr::Size k = 0; k < result_count(i); ++k) values[k] = std::nan("");
      return;
    }
    switch (i) {
      case 0: values[0] = static_cast<double>(metrics.loss); break;
    }
  }
  kr::Size iterations() const override { return state_->iteration; }
  double learning_rate() const override { return static_cast<double>(state_->learning_rate); }
  kr::Status set_learning_rate(double rate) noexcept override {
    state_->learning_rate = static_cast<float>(rate);
    return {};
  }
  kr::Size weight_bytes() const override { return sizeof(Weights); }
  void copy_weights(void* to) const override { std::memcpy(to, weights_.get(), sizeof(Weights)); }
  void set_weights(const void* from) override { std::memcpy(weights_.get(), from, sizeof(Weights)); }
  kr::Status finish() override { return {}; }
  kr::Status save(const char* path) const override { return training::save(path, *weights_, *state_); }

 private:
  std::unique_ptr<Weights> weights_;
  std::unique_ptr<OptimizerState> state_;
  StepResult result_;
  Workspace space_;
};

}  // namespace training
