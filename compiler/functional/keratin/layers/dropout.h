// Dropout and its kin (keras.layers).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of Dropout.
struct DropoutArguments {
  NamedOnly named_only{};
  double rate = 0;  // required, from 0 to 1
  Json noise_shape{};
  std::optional<int64_t> seed{};
  KERATIN_ARGUMENTS(rate, noise_shape, seed)
};

/// In training sets elements to 0 with probability `rate` and scales the others by 1 / (1 - rate).
class Dropout : public Layer {
 public:
  using Arguments = DropoutArguments;
  explicit Dropout(Arguments arguments) : Layer("Dropout", config_of(std::move(arguments))) {}
  explicit Dropout(double rate, Arguments arguments = {}) : Dropout((arguments.rate = rate, std::move(arguments))) {}
};

}  // namespace keratin::layers
