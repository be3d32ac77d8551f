// Rewriter: what passes that rebuild a function share. It copies the nodes of one function, one by one, through a Builder into another and
// keeps which new value stands for which old one; a pass looks at each node first and may put something else in its place.
#pragma once

#include <functional>
#include <vector>

#include "ir/builder.h"

namespace keratin::ir {

class Rewriter {
 public:
  /// `from` must outlive this and must not be a function of a Program that grows meanwhile: take a copy.
  Rewriter(const Function& from, Builder& to) : from_(from), to_(to), now_(from.values.size()) {}

  const Function& from() const { return from_; }
  Builder& to() { return to_; }

  bool has(ValueId old) const { return !now_[old.index].poisoned(); }
  Val at(ValueId old) const;
  void set(ValueId old, Val now) { now_[old.index] = now; }
  Vals operands(const Node& node) const;

  void copy_parameters();
  /// The same op on the new operands, with its origin and the names of its outputs.
  void copy(const Node& node);
  /// Outputs and updates.
  void copy_results();

  /// The node that defines a value of the new function; null for parameters. Valid until the next node is added.
  const Node* definition(Val value);
  /// Its attributes if it is an `O`.
  template <class O>
  const typename O::Attrs* definition_as(Val value) {
    const Node* node = definition(value);
    return node ? node->op.template as<O>() : nullptr;
  }
  /// Operand i of the node that defines the value.
  Val operand_of(Val value, size_t i = 0);

 private:
  const Function& from_;
  Builder& to_;
  Vals now_;
  std::vector<int> defined_by_;  // of the new function, as far as scanned
  size_t scanned_ = 0;
};

/// Returns whether it has set the new values of the node's outputs; otherwise the node is copied.
using Replace = std::function<bool(Rewriter&, const Node&)>;

/// Rebuilds the function under its id; parameters, outputs and updates stay. Value ids change.
void rebuild(Program& program, FunctionId function, const Replace& replace);

/// Appends the nodes of a function on those arguments; its outputs. The function must have no updates.
Vals inline_function(Builder& builder, FunctionId body, const Vals& arguments);

/// Replaces composites that `which` accepts by their bodies, including those within. Ids of existing values stay.
void inline_composites(Program& program, FunctionId function, const std::function<bool(const Composite::Attrs&)>& which);

}  // namespace keratin::ir
