// Optimizers as Keras 3 updates variables: each expands into IR updates of the weight and of its slots. An optimizer is a class in the file of
// its kind and one row in optimizers.cpp; what all have in common (clipping, decay, accumulation, averages, scaling) is in apply.cpp.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "compiler/training/arguments.h"
#include "ir/builder.h"

namespace keratin {

using ir::Val;
using ir::Vals;

/// What the update of one weight reads. Slots keep their values in steps that do not count (accumulation, infinite gradients).
class StepContext {
 public:
  ir::Builder& b;
  Val learning_rate;  // float32 scalar
  Val step;           // float32 scalar: updates so far, this one included
  Val gate;           // bool scalar: whether this step counts; poisoned: it does
  std::string prefix;                      // of the optimizer's variables
  const ir::Variable* weight = nullptr;    // being updated
  Val shared;                              // what Optimizer::begin left for all weights
  ir::OriginId shared_origin;              // of numbers that the updates of all weights read

  /// A slot of the weight, of its type and filled with `value` at first: `optimizer/<weight>_<slot>`.
  ir::VariableId slot(const std::string& name, double value = 0);
  ir::VariableId slot(const std::string& name, ir::Shape shape);
  /// A slot that begins as the weight itself.
  ir::VariableId copy_slot(const std::string& name);
  ir::VariableId variable(const std::string& name, ir::Type type, ir::Role role, double value);
  Val read(ir::VariableId id) { return b.read(id); }
  void set(ir::VariableId id, Val value);
  /// `value` where `condition` holds, the variable's old value elsewhere; poisoned conditions hold.
  Val kept_unless(Val condition, Val value, Val old);
  /// base ^ step.
  Val power(double base) const;
  /// What `build` gives, a number that does not depend on the weight: computed once for all of them, and no part of one weight's update.
  template <class Build>
  Val once(Build&& build) const {
    const ir::OriginId origin = b.origin();
    b.set_origin(shared_origin);
    const Val value = build();
    b.set_origin(origin);
    return value;
  }
};

/// Adds a variable that begins as `value` everywhere.
ir::VariableId add_variable(ir::Program& program, const std::string& name, ir::Type type, ir::Role role, double value);

/// A learning rate by the number of steps before this one (float32 scalar).
using Schedule = std::function<Val(Val step)>;
/// Reads a serialized learning-rate schedule. Errors name it or its argument.
Result<Schedule> read_schedule(const Json& spec);

/// One class of optimizer with its arguments.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  /// What is updated once in a step, before the weights; left in `context.shared`.
  virtual void begin(StepContext&) const {}
  /// The weight's new value; slots are updated on the way.
  virtual Val update(StepContext& context, Val weight, Val gradient) const = 0;
  virtual std::optional<double> decay_of(const ir::Variable&) const { return weight_decay; }

  std::string class_name;  // as Keras spells it
  double learning_rate = 0.001;
  Schedule schedule;  // empty: the learning rate is a variable
  std::optional<double> weight_decay, clip_norm, clip_value, global_clip_norm, loss_scale;
  std::optional<double> average_momentum;  // use_ema
  int64_t average_overwrite = 0;           // steps between overwriting the weights by their averages; 0: at the end
  int64_t accumulation = 1;                // gradients that make one update
};

/// keras.optimizers.LossScaleOptimizer.
struct DynamicLossScale {
  double initial = 32768;
  int64_t growth_steps = 2000;
};

/// The optimizer of a compile configuration: one for all weights, or several by weight path.
struct OptimizerSetup {
  struct Part {
    std::string key;            // of MultiOptimizer's map: a path or a regular expression of it; empty: the others
    std::shared_ptr<Optimizer> optimizer;
  };
  std::vector<Part> parts;
  std::optional<double> loss_scale;            // fixed factor on the loss
  std::optional<DynamicLossScale> dynamic_scale;

  /// The part that updates a weight; -1 where several patterns match.
  int part_of(const std::string& path) const;
};

/// Reads `adam`, or an object with class_name and config. What is not supported is an error that names it.
Result<OptimizerSetup> read_optimizer(const Json& spec);

/// Changes a weight after its update (constraints); by weight, empty where there is none.
using Constraint = std::function<Val(Val)>;
Result<Constraint> read_constraint(const Json& spec);

struct TrainedWeight {
  ir::VariableId id;
  Val gradient;
  Constraint constraint;
};

/// Variables that code around a step reads and sets.
struct OptimizerState {
  std::optional<ir::VariableId> learning_rate;  // float32 scalar; none with a schedule or several optimizers
  ir::VariableId iteration;                     // int64 scalar, steps so far
  std::vector<std::pair<ir::VariableId, ir::VariableId>> averages;  // weight and its moving average, which replaces it when training ends
};

/// The factor on the loss: a number, or the variable of a dynamic scale; poisoned: none. Adds the variable.
Val loss_scale(ir::Builder& b, const OptimizerSetup& setup, std::optional<ir::VariableId>& dynamic);
/// Ends a step with the updates of all weights, slots and counters.
OptimizerState apply_optimizer(ir::Builder& b, const OptimizerSetup& setup, std::vector<TrainedWeight> weights, std::optional<ir::VariableId> dynamic_scale);

// ---- families, one file each
namespace optimizers {
using Pointer = std::shared_ptr<Optimizer>;
Pointer sgd(TrainingArguments&);
Pointer rmsprop(TrainingArguments&);
Pointer adagrad(TrainingArguments&);
Pointer adadelta(TrainingArguments&);
Pointer adam(TrainingArguments&);
Pointer adamw(TrainingArguments&);
Pointer adamax(TrainingArguments&);
Pointer nadam(TrainingArguments&);
Pointer lamb(TrainingArguments&);
Pointer lion(TrainingArguments&);
Pointer schedule_free_adamw(TrainingArguments&);
Pointer ftrl(TrainingArguments&);
Pointer adafactor(TrainingArguments&);
Pointer muon(TrainingArguments&);
}  // namespace optimizers

}  // namespace keratin
