// Noise in training, the identity else (keras.layers; StochasticDepth: keras.applications).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of GaussianNoise.
struct GaussianNoiseArguments {
  NamedOnly named_only{};
  Number stddev{};  // from 0 on
  Seed seed{};
  KERATIN_ARGUMENTS(stddev, seed)
};

/// x + N(0, stddev).
class GaussianNoise : public Layer {
 public:
  using Arguments = GaussianNoiseArguments;
  explicit GaussianNoise(Arguments arguments);
  explicit GaussianNoise(double stddev, Arguments arguments = {}) : GaussianNoise((arguments.stddev = stddev, std::move(arguments))) {}
};

/// The arguments of GaussianDropout.
struct GaussianDropoutArguments {
  NamedOnly named_only{};
  Number rate{};  // from 0 to below 1
  Seed seed{};
  KERATIN_ARGUMENTS(rate, seed)
};

/// x * N(1, sqrt(rate / (1 - rate))) (Srivastava et al.).
class GaussianDropout : public Layer {
 public:
  using Arguments = GaussianDropoutArguments;
  explicit GaussianDropout(Arguments arguments);
  explicit GaussianDropout(double rate, Arguments arguments = {}) : GaussianDropout((arguments.rate = rate, std::move(arguments))) {}
};

/// The arguments of AlphaDropout.
struct AlphaDropoutArguments {
  NamedOnly named_only{};
  Number rate{};  // from 0 to below 1
  Extents noise_shape{};
  Seed seed{};
  KERATIN_ARGUMENTS(rate, noise_shape, seed)
};

/// Drops elements to the lower bound of selu and keeps mean and variance (Klambauer et al.).
class AlphaDropout : public Layer {
 public:
  using Arguments = AlphaDropoutArguments;
  explicit AlphaDropout(Arguments arguments);
  explicit AlphaDropout(double rate, Arguments arguments = {}) : AlphaDropout((arguments.rate = rate, std::move(arguments))) {}
};

/// The arguments of a spatial dropout over N axes; as in Keras there is no `trainable`.
template <size_t N>
struct SpatialDropoutArguments {
  NamedOnly named_only{};
  Number rate{};  // from 0 to 1
  DataFormat data_format{};
  Seed seed{};
  std::string name{}, dtype{};
  KERATIN_FIELDS(rate, data_format, seed)
};
template <>
struct SpatialDropoutArguments<1> {
  NamedOnly named_only{};
  Number rate{};  // from 0 to 1
  Seed seed{};
  std::string name{}, dtype{};
  KERATIN_FIELDS(rate, seed)
};

#define KERATIN_SPATIAL_DROPOUT(Name, N)                                                                          \
  class Name : public Layer {                                                                                     \
   public:                                                                                                        \
    using Arguments = SpatialDropoutArguments<N>;                                                                 \
    explicit Name(Arguments arguments);                                                                           \
    explicit Name(double rate, Arguments arguments = {}) : Name((arguments.rate = rate, std::move(arguments))) {} \
  };
/// Drops whole feature maps with probability `rate` and scales the others by 1 / (1 - rate).
KERATIN_SPATIAL_DROPOUT(SpatialDropout1D, 1)
KERATIN_SPATIAL_DROPOUT(SpatialDropout2D, 2)
KERATIN_SPATIAL_DROPOUT(SpatialDropout3D, 3)
#undef KERATIN_SPATIAL_DROPOUT

/// The arguments of StochasticDepth.
struct StochasticDepthArguments {
  NamedOnly named_only{};
  Number drop_path_rate{};  // from 0 to 1
  KERATIN_ARGUMENTS(drop_path_rate)
};

/// Drops whole examples with probability `drop_path_rate` and scales the others (Huang et al.; keras.applications.convnext).
class StochasticDepth : public Layer {
 public:
  using Arguments = StochasticDepthArguments;
  explicit StochasticDepth(Arguments arguments);
  explicit StochasticDepth(double drop_path_rate, Arguments arguments = {})
      : StochasticDepth((arguments.drop_path_rate = drop_path_rate, std::move(arguments))) {}
};

}  // namespace keratin::layers
