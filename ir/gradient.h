// What an op's grad rule sees: the values of its forward node and the gradients of its outputs.
#pragma once

#include "ir/builder.h"

namespace keratin::ir {

class GradBuilder {
 public:
  GradBuilder(Builder& builder, Vals inputs, Vals outputs, Vals output_gradients)
      : builder_(builder), inputs_(std::move(inputs)), outputs_(std::move(outputs)), output_gradients_(std::move(output_gradients)), gradients_(inputs_.size()) {}

  Builder& builder() { return builder_; }
  size_t inputs() const { return inputs_.size(); }
  Val in(size_t i = 0) const { return inputs_[i]; }
  Val out(size_t i = 0) const { return outputs_[i]; }
  /// Gradient of output i; of its shape and dtype.
  Val d_out(size_t i = 0) const { return output_gradients_[i]; }
  /// Whether anything wants the gradient of input i; rules may skip work for those that nobody wants.
  bool wants(size_t i) const { return is_float(inputs_[i].dtype()) && (wanted_.empty() || wanted_[i]); }
  void set_wanted(std::vector<bool> wanted) { wanted_ = std::move(wanted); }
  /// States the gradient of input i, of its shape and dtype. Not stated: zero.
  void set(size_t i, Val gradient) { gradients_[i] = gradient; }
  const Vals& gradients() const { return gradients_; }

 private:
  Builder& builder_;
  Vals inputs_, outputs_, output_gradients_, gradients_;
  std::vector<bool> wanted_;
};

}  // namespace keratin::ir
