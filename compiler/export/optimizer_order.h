// Where Keras 3 keeps the variables of an optimizer, and the variables of a training program that stand there.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "compiler/data/npz.h"
#include "compiler/layers/layer.h"
#include "compiler/training/optimizers/optimizer.h"

namespace keratin {

/// One of Optimizer.variables.
struct OptimizerVariable {
  /// In a weight file, `optimizer/vars/2`; then those of wrapped optimizers, which write theirs once more: `optimizer/inner_optimizer/vars/0`.
  std::vector<std::string> places;
  std::string name;  // of the program's variable: `optimizer/dense/kernel_momentum`; empty: it has none
  Array standard;    // what stands there where the program has none
};

/// The variables in Keras's order. `trained` are the weights that the optimizer moves, in the order of model.trainable_variables; `has` says
/// whether the training program has a variable of a name, which tells what the arguments (momentum, amsgrad, ...) ask for.
std::vector<OptimizerVariable> optimizer_order(const OptimizerSetup& setup, const std::vector<const Weight*>& trained, const std::function<bool(const std::string&)>& has);

/// model.trainable_variables: each once.
std::vector<const Weight*> trained_in_order(const Layer& model);

/// The same for the optimizer of a compile configuration, without a program: what a file holds of `count` variables. Empty where that is
/// another number than such an optimizer has for this model, or the optimizer cannot be read.
std::vector<OptimizerVariable> stored_order(const Json& compile_config, const Layer& model, size_t count);

/// The optimizer's variables of a training program, by name (`optimizer/iteration`, ...; others are not looked at), as SavedState::optimizer
/// wants them. Whatever begins with `optimizer/` must have a place in Keras,
/// but Nadam's product, which Keras loses in a LossScaleOptimizer.
NamedArrays keras_optimizer(const OptimizerSetup& setup, const Layer& model, const NamedArrays& variables);

/// The way back: values for `variables`, from a state that was read (read_optimizer_state). Errors: another number of variables or another
/// shape than this optimizer has for this model, where Keras, too, begins anew.
Result<NamedArrays> program_optimizer(const OptimizerSetup& setup, const Layer& model, const NamedArrays& stored, const NamedArrays& variables);

}  // namespace keratin
