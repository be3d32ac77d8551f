// The order in which Keras lists the layers of a functional graph (keras.src.ops.function.map_graph): by distance from the outputs, the
// farthest first, then as a walk from the outputs to the inputs meets them. Files list them so, too, unless another version wrote them.
#pragma once

#include <vector>

#include "compiler/graph/model.h"

namespace keratin {

/// The tensors that a call reads, flattened: arguments, then named ones by sorted name.
std::vector<TensorRef> reads_of(const GraphCall& call);

struct KerasOrder {
  std::vector<int> layers;                     // positions in Model::layers; those that no output needs are left out
  std::vector<std::vector<Model::CallRef>> calls;  // of the graph by depth: those of the outputs first
};

/// Of a graph that is no Sequential and whose references are checked.
KerasOrder keras_order(const Model& model);

/// Whether Keras shows the model without the column "Connected to": one call at each depth, each reading one tensor, no layer shared.
bool is_path(const Model& model, const KerasOrder& order);

}  // namespace keratin
