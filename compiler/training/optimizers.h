// Optimizers as Keras 3 updates variables: each expands into IR updates of the weight and of its slots.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "compiler/json/json.h"
#include "ir/builder.h"

namespace keratin {

using ir::Val;

/// The state of one training step that every weight's update reads.
struct StepContext {
  ir::Builder& b;
  Val learning_rate;  // float32 scalar
  Val step;           // float32 scalar, 1 in the first step
  /// A slot of the weight being updated, zeros at first: `optimizer/<name>_<slot>`.
  std::function<ir::VariableId(const std::string& slot)> slot;
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  /// The weight's new value; slots are updated on the way.
  virtual Val update(StepContext& context, Val weight, Val gradient) const = 0;

  double learning_rate = 0.001;
};

/// Reads `adam`, or an object with class_name and config. What is not supported is an error that names it.
Result<std::unique_ptr<Optimizer>> read_optimizer(const Json& spec);

}  // namespace keratin
