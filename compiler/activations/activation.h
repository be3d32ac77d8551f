// Activation: a function by name, a name with arguments, or a layer, as configs hold it.
#pragma once

#include <memory>
#include <string>

#include "compiler/layers/call_context.h"

namespace keratin {

struct Activation {
  std::string name = "linear";  // Keras's function name; empty where `layer` is set
  Json arguments;               // of a serialized function that has some
  std::shared_ptr<Layer> layer;

  bool is_linear() const { return name == "linear"; }
};

/// Reads an activation of a config; unknown names are problems.
Activation read_activation(ConfigReader& config, std::string_view key, std::string_view fallback);

/// Applies it; `x` in any float dtype.
Val apply(CallContext& ctx, const Activation& activation, Val x);

/// All function names, sorted.
std::vector<std::string_view> activation_names();

}  // namespace keratin
