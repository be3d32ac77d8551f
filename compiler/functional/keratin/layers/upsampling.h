// Repeated steps, rows, columns and planes (keras.layers.UpSampling1D, UpSampling2D, UpSampling3D).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// How an image is resized.
using Interpolation = OneOf<"nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area", "gaussian", "mitchellcubic">;

/// The arguments of UpSampling1D.
struct UpSampling1DArguments {
  NamedOnly named_only{};
  Positive size = 2;
  KERATIN_ARGUMENTS(size)
};

/// The arguments of UpSampling2D.
struct UpSampling2DArguments {
  NamedOnly named_only{};
  Tuple<2> size = 2;
  DataFormat data_format{};
  Interpolation interpolation{};
  KERATIN_ARGUMENTS(size, data_format, interpolation)
};

/// The arguments of UpSampling3D.
struct UpSampling3DArguments {
  NamedOnly named_only{};
  Tuple<3> size = 2;
  DataFormat data_format{};
  KERATIN_ARGUMENTS(size, data_format)
};

/// (n, steps, features) -> (n, steps * size, features).
class UpSampling1D : public Layer {
 public:
  using Arguments = UpSampling1DArguments;
  explicit UpSampling1D(Arguments arguments = {});
  explicit UpSampling1D(int64_t size, Arguments arguments = {}) : UpSampling1D((arguments.size = size, std::move(arguments))) {}
};

/// Rows and columns repeated, or interpolated to size times as many.
class UpSampling2D : public Layer {
 public:
  using Arguments = UpSampling2DArguments;
  explicit UpSampling2D(Arguments arguments = {});
  explicit UpSampling2D(Tuple<2> size, Arguments arguments = {}) : UpSampling2D((arguments.size = std::move(size), std::move(arguments))) {}
};

/// Planes, rows and columns repeated.
class UpSampling3D : public Layer {
 public:
  using Arguments = UpSampling3DArguments;
  explicit UpSampling3D(Arguments arguments = {});
  explicit UpSampling3D(Tuple<3> size, Arguments arguments = {}) : UpSampling3D((arguments.size = std::move(size), std::move(arguments))) {}
};

}  // namespace keratin::layers
