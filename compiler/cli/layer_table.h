// The state of every layer class, as `keratin layers` shows it: from the registry, and from the list of those that are missing.
#pragma once

#include <string>
#include <vector>

#include "compiler/json/json.h"

namespace keratin {

struct LayerState {
  std::string name;
  std::vector<std::string> aliases;        // class names of older versions
  bool forward = false, gradient = false;  // every op has a gradient rule, so a layer has both or neither
  std::string remark;                      // what part is not supported, or why nothing is
};

/// Keras's layers and those of older versions and of keras.applications that files hold; sorted by name.
std::vector<LayerState> layer_states();

/// One line for each layer.
std::string layers_text();
/// Objects with the keys name, aliases, forward, gradient, remark.
Json layers_json();
/// A table with one row for each state; it stands in README between `<!-- layers -->` and `<!-- end of layers -->`.
std::string layers_markdown();

}  // namespace keratin
