// Functional and Sequential configs to Models: layers, calls, references, inputs and outputs.
#pragma once

#include "compiler/graph/model.h"
#include "compiler/layers/config_reader.h"

namespace keratin {

/// `path` is the model's own path in the outermost one, empty for that itself.
std::shared_ptr<Model> read_graph(const Json& serialized, const std::string& path, ReadContext& context);

/// Layers of a Sequential, one after the other.
void read_sequential(Model& model, const Json& serialized, const std::string& path, ReadContext& context);

/// Makes every TensorRef::call count the calls of its layer in this model from 0, whatever the dialect counted.
void normalize_call_indices(Model& model);

/// Problems for references to calls that do not exist.
void check_references(Model& model, const std::string& where, ReadContext& context);

/// Orders the calls so that each comes after what it reads; problems name the layers of a cycle.
void order_calls(Model& model, const std::string& where, ReadContext& context);

/// Names of inputs and outputs as recorded data use them: of layers where these are distinct, else positions.
void name_ends(Model& model);

}  // namespace keratin
