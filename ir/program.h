// Program, Function, Node, Value: the IR's data. Plain values in vectors; ir/builder.h is the only way to add nodes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ir/ops/all.h"
#include "ir/support/ids.h"

namespace keratin::ir {

/// Where a node comes from: a call of a layer. Carried into messages, comments and identifiers.
struct Origin {
  std::string path;         // layer names from the outermost: `encoder/dense_1`
  std::string description;  // as the emitted comment says it: `dense_1: Dense(64, relu)`
  bool backward = false;
  bool operator==(const Origin&) const = default;
};

struct Value {
  Type type;
  std::string name;  // a hint; empty: named after its node
};

struct Node {
  Op op;
  std::vector<ValueId> inputs, outputs;
  OriginId origin;
};

/// variable <- value, at the end of a Function.
struct Update {
  VariableId variable;
  ValueId value;
};

/// Nodes in topological order, each value defined once: by a parameter or by a node.
struct Function {
  std::string name;
  std::vector<Value> values;
  std::vector<ValueId> parameters;
  std::vector<std::string> parameter_names;
  std::vector<Node> nodes;
  std::vector<ValueId> outputs;
  std::vector<std::string> output_names;
  std::vector<Update> updates;

  const Type& type(ValueId id) const { return values[id.index].type; }
};

enum class Role : uint8_t { weight, moving_statistic, recurrent_state, prepared, slot, counter, metric, hyperparameter };
std::string_view name_of(Role role);

struct Variable {
  std::string name;  // weight path: `encoder/dense_1/kernel`
  Type type;
  Role role = Role::weight;
  bool trainable = false;
  std::shared_ptr<const Tensor> initial;  // null until weights are bound
  OriginId origin;
};

/// Functions by name: prepare, predict, backward, train_step, evaluate_step, reset; bodies of scans and composites have no fixed names.
struct Program {
  std::vector<Variable> variables;
  std::vector<std::shared_ptr<const Tensor>> constants;
  std::vector<Function> functions;
  std::vector<Origin> origins;

  Function& function(FunctionId id) { return functions[id.index]; }
  const Function& function(FunctionId id) const { return functions[id.index]; }
  /// The function of that name, or none.
  FunctionId find(std::string_view name) const;
  Variable& variable(VariableId id) { return variables[id.index]; }
  const Variable& variable(VariableId id) const { return variables[id.index]; }
};

/// The IR as text, one node a line.
std::string print(const Program&);
std::string print(const Program&, const Function&);

/// IR_CHECKs that ids are in range, values are defined before use and once, and types are what the ops infer.
void verify(const Program&);

}  // namespace keratin::ir
