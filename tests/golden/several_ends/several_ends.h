// several_ends
//
//   source       k2_several_inputs_outputs.h5 (Keras 2.21.0)
//   parameters   65
//   made by      Keratin 0.1.0; this output is yours, without conditions
#pragma once

#include "keratin/runtime/model.h"
#include "keratin/runtime/workspace.h"

namespace several_ends {

/// The model's inputs, row-major.
struct Inputs {
  kr::View<const float, kr::any, 6> a;
  kr::View<const float, kr::any, 3, 2> b;
};

/// The model's outputs, row-major.
struct Outputs {
  kr::View<float, kr::any, 3> p;
  kr::View<float, kr::any, 2> q;
};

/// Weights as predict wants them: batch normalisation folded in, kernels packed in panels.
struct Prepared {
  alignas(64) float p_bias[3];  // p/bias
  alignas(64) float p_kernel[36];  // p/kernel: packed
  alignas(64) float q_bias[2];  // q/bias
  alignas(64) float q_kernel[24];  // q/kernel: packed
};

/// The weights of the model's file.
const Prepared& prepared() noexcept;

/// Other weights of the same model: a file's content, as `keratin compile --weights-as file` writes it. Nothing is written unless all of it fits.
kr::Status load_weights(const void* file, kr::Size bytes, Prepared&) noexcept;
inline kr::Status load(kr::Bytes file, Prepared& p) noexcept { return load_weights(file.data, file.size, p); }

/// Scratch memory for up to `max_batch` examples; one per thread. Allocates in its constructor and never again.
class Workspace : public kr::Arena {
 public:
  /// Examples pass 64 at a time, so the batch does not matter.
  static constexpr kr::Size bytes_for(kr::Size) { return 3072; }
  explicit Workspace(kr::Size max_batch, kr::Pool* pool = nullptr) : kr::Arena(bytes_for(max_batch), max_batch, pool) {}
  /// Uses the caller's memory, which must be aligned to 64 bytes; check with `holds()`.
  Workspace(void* memory, kr::Size bytes, kr::Size max_batch, kr::Pool* pool = nullptr) : kr::Arena(memory, bytes >= bytes_for(max_batch) ? max_batch : 0, pool) {}
};

/// Runs the model on any number of examples. No allocation, no exceptions, no global state. The outputs must not overlap the inputs.
kr::Status predict(const Prepared&, const Inputs&, const Outputs&, Workspace&) noexcept;

}  // namespace several_ends
