// Normalization and Rescaling (keras.layers).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of Normalization. mean and variance are given together or not at all: then they are weights of their own.
struct NormalizationArguments {
  NamedOnly named_only{};
  Ints axis = -1;  // empty: one mean and one variance for all
  Numbers mean{}, variance{};
  bool invert = false;
  KERATIN_ARGUMENTS(axis, mean, variance, invert)
  static void resolve(NormalizationArguments& arguments) { arguments.axis = arguments.axis.values(); }
};

/// (x - mean) / sqrt(variance) with statistics along the axes that are kept; with invert the way back. There is no adapt: set_weights.
class Normalization : public Layer {
 public:
  using Arguments = NormalizationArguments;
  explicit Normalization(Arguments arguments = {});
};

/// The arguments of Rescaling.
struct RescalingArguments {
  NamedOnly named_only{};
  Numbers scale{};  // required
  Numbers offset = 0.0;
  KERATIN_ARGUMENTS(scale, offset)
};

/// x * scale + offset.
class Rescaling : public Layer {
 public:
  using Arguments = RescalingArguments;
  explicit Rescaling(Arguments arguments);
  template <int = 0>  // so that named arguments are the other one's
  explicit Rescaling(Numbers scale, Arguments arguments = {}) : Rescaling((arguments.scale = std::move(scale), std::move(arguments))) {}
};

}  // namespace keratin::layers
