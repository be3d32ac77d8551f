// Graphs in Graphviz's language: of the model, of its IR, and of the memory that emitted code works in.
#pragma once

#include <string>

#include "compiler/view/outline.h"
#include "ir/plan/plan.h"

namespace keratin {

/// As Keras's plot_model with shapes and names: one box for each layer, an edge for each tensor. With `expand_nested` a nested model is a
/// dashed frame around its layers.
std::string model_dot(const Outline& outline, bool expand_nested);

/// One box for each node of the function `predict`, framed by the layer call it comes from; weights and inputs are rounded.
std::string ir_dot(const ir::Program& program);

/// The workspace over time for one example: one bar for each buffer, steps along x, bytes along y. The positions are pinned: neato draws it.
std::string memory_dot(const ir::Plan& plan);

}  // namespace keratin
