// Constants seen through views.
#pragma once

#include <optional>

#include "ir/program.h"

namespace keratin::ir {

/// The one-element constant that a value is, behind broadcasts and reshapes; null where it is something else. `definition` gives the node
/// that computes a value, or null.
template <class Definition>
const Tensor* single_constant(const Program& program, ValueId id, const Definition& definition) {
  for (const Node* node = definition(id); node; node = definition(node->inputs[0])) {
    if (const auto* constant = node->op.template as<Constant>()) {
      const Tensor& tensor = *program.constants[constant->id.index];
      return tensor.count() == 1 ? &tensor : nullptr;
    }
    if (!node->op.template as<Broadcast>() && !node->op.template as<Reshape>()) return nullptr;
  }
  return nullptr;
}

/// Its number.
template <class Definition>
std::optional<double> constant_number(const Program& program, ValueId id, const Definition& definition) {
  const Tensor* tensor = single_constant(program, id, definition);
  return tensor ? std::optional(tensor->number(0)) : std::nullopt;
}

}  // namespace keratin::ir
