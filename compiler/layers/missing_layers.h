// Keras's layer classes that the registry does not hold, with the reason. A class that gets its line in layers.def loses it here.
#pragma once

#include <span>
#include <string_view>

namespace keratin {

struct MissingLayer {
  std::string_view name, reason;
};

/// Sorted by name.
std::span<const MissingLayer> missing_layers();

}  // namespace keratin
