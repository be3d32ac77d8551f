// What a Model is beside a layer: its graph, its file form, and how it was compiled.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compiler/functional/state.h"
#include "compiler/load.h"

namespace keratin::functional {

/// The version in which models are written: what its configs say is what that Keras reads.
inline constexpr const char* kWrittenVersion = "3.15.1";

struct Engines;  // model_run.h

struct ModelState {
  std::vector<Tensor> inputs, outputs;
  Json input_structure, output_structure;  // how they were given: Inputs::structure()
  std::vector<std::shared_ptr<LayerState>> layers;  // in Keras's order; InputLayers included, but for a Sequential's
  bool sequential = false;
  bool as_read = false;    // of a file: its configuration is kept as it is there
  std::shared_ptr<LayerState> input_layer;  // of a Sequential that knows its input
  ReadModel source;        // the graph as the compiler reads it
  int64_t read_changes = -1;  // changes of the model and its layers that `source` knows; -1: it is to be made anew
  Json compile_config;     // null: not compiled
  std::shared_ptr<Engines> engines;  // built code, made when first needed

  /// A Sequential that learns its input's shape from its first call.
  bool deferred() const { return sequential && !input_layer; }
};

/// A weight below a layer, and whether training moves it.
struct OwnedWeight {
  std::shared_ptr<VariableState> state;
  bool trained;
  std::string path;  // in the outermost model
};

/// In the order of layer.weights: of a model's layers one after the other; each once.
std::vector<OwnedWeight> weights_of(const LayerState& layer);

/// Takes the first values of an expansion's variables as those of the model's weights.
void take_values(LayerState& model, const ExpandedModel& expanded);

/// Gives a deferred Sequential an input of that shape and calls its layers. ValueError from the layers; the model is as it was then.
void build_sequential(LayerState& model, const TensorShape& shape);

void set_model_trainable(LayerState& model, bool trainable);

/// The serialized graph of a model's tensors: {module, class_name, config, registered_name, build_config}. Puts the layers into Keras's order.
/// ValueError for a graph that is disconnected or whose layers share a name.
Json functional_json(LayerState& model);

/// Reads the model's JSON as any file's and takes it as what the model is, after a change of the graph, of `trainable`, or of compile(); costs a walk over
/// the layers where nothing has changed.
void refresh(LayerState& model);

}  // namespace keratin::functional
