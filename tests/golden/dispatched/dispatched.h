// dispatched
//
//   source       norm_batch_conv.keras (Keras 3.15.1)
//   parameters   185
//   made by      Keratin 0.1.0; this output is yours, without conditions
#pragma once

#include "keratin/runtime/model.h"
#include "keratin/runtime/workspace.h"

namespace dispatched {

/// The model's inputs, row-major.
struct Inputs {
  kr::View<const float, kr::any, 6, 5, 2> x;
};

/// The model's outputs, row-major.
struct Outputs {
  kr::View<float, kr::any, 3> out;
};

/// Weights as predict wants them: batch normalisation folded in, kernels packed in panels.
struct Prepared {
  alignas(64) float conv_bias[7];  // conv/bias: prepared
  alignas(64) float conv_kernel[144];  // conv/kernel: prepared, packed
  alignas(64) float out_bias[3];  // out/bias
  alignas(64) float out_kernel[21];  // out/kernel: packed
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
  static constexpr kr::Size bytes_for(kr::Size) { return 23296; }
  explicit Workspace(kr::Size max_batch, kr::Pool* pool = nullptr) : kr::Arena(bytes_for(max_batch), max_batch, pool) {}
  /// Uses the caller's memory, which must be aligned to 64 bytes; check with `holds()`.
  Workspace(void* memory, kr::Size bytes, kr::Size max_batch, kr::Pool* pool = nullptr) : kr::Arena(memory, bytes >= bytes_for(max_batch) ? max_batch : 0, pool) {}
};

/// Runs the model on any number of examples. No allocation, no exceptions, no global state. The outputs must not overlap the inputs.
kr::Status predict(const Prepared&, const Inputs&, const Outputs&, Workspace&) noexcept;

/// The same for the one input and the one output.
inline kr::Status predict(const Prepared& p, kr::View<const float, kr::any, 6, 5, 2> in, kr::View<float, kr::any, 3> out, Workspace& w) noexcept {
  return predict(p, Inputs{in}, Outputs{out}, w);
}

}  // namespace dispatched
