// Constants seen through views.
#pragma once

#include <optional>

#include "ir/program.h"

namespace keratin::ir {

/// The number that a one-element constant is, behind broadcasts and reshapes; nothing where the value is something else. `definition` gives the node
/// that computes a value, or null.
template <class Definition>
std::optional<double> constant_number(const Program& program, ValueId id, const Definition& definition) {
  for (const Node* node = definition(id); node; node = definition(node->inputs[0])) {
    if (const auto* constant = node->op.template as<Constant>()) {
      const Tensor& tensor = *program.constants[constant->id.index];
      return tensor.count() == 1 ? std::optional(tensor.number(0)) : std::nullopt;
    }
    if (!node->op.template as<Broadcast>() && !node->op.template as<Reshape>()) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace keratin::ir
