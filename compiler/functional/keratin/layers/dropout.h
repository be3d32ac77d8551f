// Dropout (keras.layers.Dropout).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of Dropout.
struct DropoutArguments {
  NamedOnly named_only{};
  Number rate{};  // from 0 to 1
  Extents noise_shape{};
  Seed seed{};
  KERATIN_ARGUMENTS(rate, noise_shape, seed)
};

/// In training sets elements to 0 with probability `rate` and scales the others by 1 / (1 - rate).
class Dropout : public Layer {
 public:
  using Arguments = DropoutArguments;
  explicit Dropout(Arguments arguments);
  explicit Dropout(double rate, Arguments arguments = {}) : Dropout((arguments.rate = rate, std::move(arguments))) {}
};

}  // namespace keratin::layers
