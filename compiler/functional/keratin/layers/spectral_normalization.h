// SpectralNormalization (Miyato et al.; keras.layers.SpectralNormalization).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of SpectralNormalization.
struct SpectralNormalizationArguments {
  NamedOnly named_only{};
  Layer layer{};  // required
  Positive power_iterations = 1;
  KERATIN_ARGUMENTS(layer, power_iterations)
};

/// A layer whose kernel training divides by its largest singular value; in inference the layer itself. Not for training.
class SpectralNormalization : public Layer {
 public:
  using Arguments = SpectralNormalizationArguments;
  explicit SpectralNormalization(Arguments arguments);
  explicit SpectralNormalization(const Layer& layer, Arguments arguments = {})
      : SpectralNormalization((arguments.layer = layer, std::move(arguments))) {}
};

}  // namespace keratin::layers
