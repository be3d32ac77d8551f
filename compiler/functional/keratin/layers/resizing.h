// Resizing, CenterCrop, RandomCrop (keras.layers): images (n, height, width, channels) or one without n.
#pragma once

#include "keratin/arguments.h"
#include "keratin/layers/upsampling.h"

namespace keratin::layers {

/// The arguments of Resizing.
struct ResizingArguments {
  NamedOnly named_only{};
  Positive height{}, width{};
  Interpolation interpolation = "bilinear";
  bool crop_to_aspect_ratio = false, pad_to_aspect_ratio = false;
  OneOf<"constant"> fill_mode{};
  double fill_value = 0;
  bool antialias = false;
  DataFormat data_format{};
  KERATIN_ARGUMENTS(height, width, interpolation, crop_to_aspect_ratio, pad_to_aspect_ratio, fill_mode, fill_value, antialias, data_format)
};

#define KERATIN_IMAGE_SIZE(Name)                                \
  explicit Name(Arguments arguments);                           \
  Name(int64_t height, int64_t width, Arguments arguments = {}) \
      : Name((arguments.height = height, arguments.width = width, std::move(arguments))) {}

/// Interpolates to height x width.
class Resizing : public Layer {
 public:
  using Arguments = ResizingArguments;
  KERATIN_IMAGE_SIZE(Resizing)
};

/// The arguments of CenterCrop.
struct CenterCropArguments {
  NamedOnly named_only{};
  Positive height{}, width{};
  DataFormat data_format{};
  KERATIN_ARGUMENTS(height, width, data_format)
};

/// The centre, height x width; of a smaller image a resize that keeps its aspect ratio.
class CenterCrop : public Layer {
 public:
  using Arguments = CenterCropArguments;
  KERATIN_IMAGE_SIZE(CenterCrop)
};

/// The arguments of RandomCrop.
struct RandomCropArguments {
  NamedOnly named_only{};
  Positive height{}, width{};
  Seed seed{};
  DataFormat data_format{};
  KERATIN_ARGUMENTS(height, width, seed, data_format)
};

/// A window at random in training, which is not supported; the identity in inference.
class RandomCrop : public Layer {
 public:
  using Arguments = RandomCropArguments;
  KERATIN_IMAGE_SIZE(RandomCrop)
};

#undef KERATIN_IMAGE_SIZE

}  // namespace keratin::layers
