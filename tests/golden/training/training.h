// training
//
//   source       optimizer_adam.keras (Keras 3.15.1)
//   parameters   66
//   made by      Keratin 0.1.0; this output is yours, without conditions
#pragma once

#include "keratin/runtime/model.h"
#include "keratin/runtime/workspace.h"

namespace training {

/// The model's inputs, row-major.
struct Inputs {
  kr::View<const float, kr::any, 5> x;
};

/// The model's outputs, row-major.
struct Outputs {
  kr::View<float, kr::any, 3> out;
};

/// Weights as predict wants them: batch normalisation folded in, kernels packed in panels.
struct Prepared {
  alignas(64) float hidden_bias[7];  // hidden/bias
  alignas(64) float hidden_kernel[40];  // hidden/kernel: packed
  alignas(64) float out_bias[3];  // out/bias
  alignas(64) float out_kernel[21];  // out/kernel: packed
};

/// The weights of the model's file.
const Prepared& prepared() noexcept;

/// Other weights of the same model: a file's content, as `keratin compile --weights-as file` writes it. Nothing is written unless all of it fits.
kr::Status load_weights(const void* file, kr::Size bytes, Prepared&) noexcept;
inline kr::Status load(kr::Bytes file, Prepared& p) noexcept { return load_weights(file.data, file.size, p); }

/// Every variable of the model as Keras has it.
struct Weights {
  alignas(64) float hidden_kernel[35];  // hidden/kernel[5,7]
  alignas(64) float hidden_bias[7];  // hidden/bias
  alignas(64) float out_kernel[21];  // out/kernel[7,3]
  alignas(64) float out_bias[3];  // out/bias
};

/// The weights of the model's file.
const Weights& initial_weights() noexcept;

/// What is multiplied with the derivatives of the outputs and summed.
struct Cotangents {
  kr::View<const float, kr::any, 3> out;
};

/// The gradients of that sum: of inputs, and of trainable weights in the layouts of Weights.
struct Gradients {
  kr::View<float, kr::any, 5> x;
  kr::View<float, 5, 7> hidden_kernel;
  kr::View<float, 7> hidden_bias;
  kr::View<float, 7, 3> out_kernel;
  kr::View<float, 3> out_bias;
};

/// What the outputs should be, and the weights of examples where the loss takes them.
struct Targets {
  kr::View<const float, kr::any, 3> out;
};

/// What the optimizer keeps from step to step.
struct OptimizerState {
  kr::Int64 iteration;  // optimizer/iteration
  float learning_rate;  // optimizer/learning_rate
  alignas(64) float hidden_kernel_momentum[35];  // optimizer/hidden/kernel_momentum[5,7]
  alignas(64) float hidden_kernel_velocity[35];  // optimizer/hidden/kernel_velocity[5,7]
  alignas(64) float hidden_bias_momentum[7];  // optimizer/hidden/bias_momentum[7]
  alignas(64) float hidden_bias_velocity[7];  // optimizer/hidden/bias_velocity[7]
  alignas(64) float out_kernel_momentum[21];  // optimizer/out/kernel_momentum[7,3]
  alignas(64) float out_kernel_velocity[21];  // optimizer/out/kernel_velocity[7,3]
  alignas(64) float out_bias_momentum[3];  // optimizer/out/bias_momentum[3]
  alignas(64) float out_bias_velocity[3];  // optimizer/out/bias_velocity[3]

  /// The beginning of training.
  explicit OptimizerState(const Weights&) noexcept;
};

/// The loss of a step, and what metrics have counted since reset().
struct StepResult {
  float loss = 0;
  float loss_total;  // metric/loss/total
  float loss_count;  // metric/loss/count

  StepResult() noexcept { reset(); }
  /// Begins an epoch.
  void reset() noexcept;
};

/// The metrics so far: means over the examples since reset().
struct Metrics {
  float loss = 0;
};

/// Scratch memory for up to `max_batch` examples; one per thread. Allocates in its constructor and never again.
class Workspace : public kr::Arena {
 public:
  static constexpr kr::Size bytes_for(kr::Size max_batch) {
    kr::Size most = 1792;
    (void)max_batch;
    if (const kr::Size bytes = 128 * max_batch + 128; bytes > most) most = bytes;  // backward
    if (const kr::Size bytes = 256 * max_batch + 576; bytes > most) most = bytes;  // train_step
    if (const kr::Size bytes = 128 * max_batch + 128; bytes > most) most = bytes;  // evaluate_step
    if (const kr::Size bytes = 320; bytes > most) most = bytes;  // prepare
    return most;
  }
  explicit Workspace(kr::Size max_batch, kr::Pool* pool = nullptr) : kr::Arena(bytes_for(max_batch), max_batch, pool) {}
  /// Uses the caller's memory, which must be aligned to 64 bytes; check with `holds()`.
  Workspace(void* memory, kr::Size bytes, kr::Size max_batch, kr::Pool* pool = nullptr) : kr::Arena(memory, bytes >= bytes_for(max_batch) ? max_batch : 0, pool) {}
};

/// Runs the model on any number of examples. No allocation, no exceptions, no global state. The outputs must not overlap the inputs.
kr::Status predict(const Prepared&, const Inputs&, const Outputs&, Workspace&) noexcept;

/// The same for the one input and the one output.
inline kr::Status predict(const Prepared& p, kr::View<const float, kr::any, 5> in, kr::View<float, kr::any, 3> out, Workspace& w) noexcept {
  return predict(p, Inputs{in}, Outputs{out}, w);
}

/// Gradients of sum(output * cotangent), plus the regularization losses, in inference mode. No allocation, no exceptions.
kr::Status backward(const Weights&, const Inputs&, const Cotangents&, const Gradients&, Workspace&) noexcept;

/// One step of training on a batch: forward, loss, metrics, backward, update of weights and state. No allocation, no exceptions.
kr::Status train_step(Weights&, OptimizerState&, const Inputs&, const Targets&, StepResult&, Workspace&) noexcept;

/// Loss and metrics of a batch in inference mode.
kr::Status evaluate_step(const Weights&, const Inputs&, const Targets&, StepResult&, Workspace&) noexcept;

/// The metrics of all steps since reset().
kr::Status metric_results(const StepResult&, Metrics&) noexcept;

/// Weights as predict wants them. Allocates scratch memory while it runs.
kr::Status prepare(const Weights&, Prepared&) noexcept;

}  // namespace training
