// Configs to layers and graphs: {class_name, config} objects of every dialect become Layers and Models.
#pragma once

#include <memory>
#include <string>

#include "compiler/graph/model.h"
#include "compiler/layers/config_reader.h"

namespace keratin {

/// The model of a whole config ({class_name: Functional | Sequential | Model, config}). Problems go to the context; nullptr if nothing can be made of it.
std::shared_ptr<Model> read_model(const Json& serialized, ReadContext& context);

/// A layer, operation or nested model from its serialized object. `path` is that of the surrounding model.
std::shared_ptr<Layer> read_layer(const Json& serialized, const std::string& path, ReadContext& context);

/// `{class_name: DTypePolicy, config: {name}}`, `mixed_float16`, ...; unknown ones are problems.
DTypePolicy read_dtype(const Json& value, const std::string& where, ReadContext& context);

}  // namespace keratin
