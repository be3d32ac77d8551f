// Operation: a class of keras.ops as the compiler knows it: its arguments' names and what a call expands to. One row of a table each; operations.def names
// the tables.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "compiler/operations/arguments.h"

namespace keratin {

struct Operation {
  std::string_view name;    // Keras's class: `Mean`
  std::string_view config;  // arguments of the constructor, as the config holds them: `axis keepdims`
  std::string_view call;    // arguments of the call in order: `x1 x2`; `*operands` takes all
  std::function<Vals(Arguments&)> build;  // after a problem the results do not matter
};

using OperationTable = std::vector<Operation>;

/// The operation of that class name, or nullptr.
const Operation* find_operation(std::string_view name);

/// The Python module of the operation's class, which files of Keras 3 name: `keras.src.ops.nn`.
std::string_view keras_module(std::string_view name);

/// The arguments of a call by name; `problems` tells those the operation does not have.
CallValue::Dict bind_arguments(std::string_view names, const CallInputs& inputs, std::vector<std::string>& problems);

/// What to call for the registry: one definition for each row, named `Mean.op`.
const std::vector<LayerDefinition>& operation_definitions();

/// Runs an operation on arguments under Keras's names; poisoned after a problem.
KTensors run_operation(const Operation& operation, CallContext& ctx, CallValue::Dict arguments);

}  // namespace keratin
