// LayerScale (Touvron et al.; keras.applications.convnext).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of LayerScale.
struct LayerScaleArguments {
  NamedOnly named_only{};
  Number init_values{};
  Positive projection_dim{};
  KERATIN_ARGUMENTS(init_values, projection_dim)
};

/// x * gamma with one factor for each of `projection_dim` channels, init_values at first.
class LayerScale : public Layer {
 public:
  using Arguments = LayerScaleArguments;
  explicit LayerScale(Arguments arguments);
  LayerScale(double init_values, int64_t projection_dim, Arguments arguments = {})
      : LayerScale((arguments.init_values = init_values, arguments.projection_dim = projection_dim, std::move(arguments))) {}
};

}  // namespace keratin::layers
