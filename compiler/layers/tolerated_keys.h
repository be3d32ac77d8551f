// Config keys that no layer reads and that are harmless with the values listed: what other versions of Keras wrote beside the known ones.
#pragma once

#include <string_view>

#include "compiler/graph/version.h"
#include "compiler/json/json.h"

namespace keratin {

/// Whether a key that the layer did not ask for may stand in a config with this value.
bool is_tolerated(std::string_view key, const Json& value, const KerasVersion& version);

}  // namespace keratin
