// Objects as Keras 3 serialises them: {module, class_name, config, registered_name}.
#pragma once

#include <string>

#include "compiler/json/json.h"

namespace keratin::functional {

struct LayerState;

/// A name (`glorot_uniform`) becomes the object with Keras's default arguments; objects and null stay. ValueError for an unknown name.
Json serialized_initializer(const Json& value);
Json serialized_regularizer(const Json& value);
Json serialized_constraint(const Json& value);
Json serialized_dtype(const std::string& policy);

/// The name that stands for such an initializer, regularizer or constraint: empty where its arguments are not the defaults.
std::string standard_name(const Json& object);
/// Equal but for members that are null or absent, and for 1 and 1.0.
bool same_config(const Json& a, const Json& b);

/// {module, class_name, config, registered_name}.
Json serialized_object(const std::string& module, const std::string& class_name, Json config);

/// A layer without its calls.
Json serialized_layer(const LayerState& layer);

}  // namespace keratin::functional
