// Images moved at random in training, which is not supported: the identity in inference (keras.layers.RandomFlip, RandomRotation, ...).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// How points between pixels are read.
using PointInterpolation = OneOf<"bilinear", "nearest">;
/// What stands outside of an image.
using FillMode = OneOf<"reflect", "wrap", "constant", "nearest">;
/// By how much of an image's height or width.
using PartOfSide = Factor<-1, 1, FactorForm::plain>;

/// The arguments of RandomFlip.
struct RandomFlipArguments {
  NamedOnly named_only{};
  OneOf<"horizontal_and_vertical", "horizontal", "vertical"> mode{};
  Seed seed{};
  DataFormat data_format{};
  KERATIN_ARGUMENTS(mode, seed, data_format)
};

/// Mirrors images left and right, upside down, or both.
class RandomFlip : public Layer {
 public:
  using Arguments = RandomFlipArguments;
  explicit RandomFlip(Arguments arguments = {});
  template <int = 0>  // so that named arguments are the other one's
  explicit RandomFlip(std::string mode, Arguments arguments = {}) : RandomFlip((arguments.mode = std::move(mode), std::move(arguments))) {}
};

/// The arguments of RandomRotation.
struct RandomRotationArguments {
  NamedOnly named_only{};
  Factor<> factor{};  // of a full turn
  FillMode fill_mode{};
  PointInterpolation interpolation{};
  Seed seed{};
  double fill_value = 0;
  DataFormat data_format{};
  KERATIN_ARGUMENTS(factor, fill_mode, interpolation, seed, fill_value, data_format)
};

/// Turns images.
class RandomRotation : public Layer {
 public:
  using Arguments = RandomRotationArguments;
  explicit RandomRotation(Arguments arguments);
  template <int = 0>  // so that named arguments are the other one's
  explicit RandomRotation(Factor<> factor, Arguments arguments = {})
      : RandomRotation((arguments.factor = std::move(factor), std::move(arguments))) {}
};

/// The arguments of RandomTranslation.
struct RandomTranslationArguments {
  NamedOnly named_only{};
  PartOfSide height_factor{}, width_factor{};
  FillMode fill_mode{};
  PointInterpolation interpolation{};
  Seed seed{};
  double fill_value = 0;
  DataFormat data_format{};
  KERATIN_ARGUMENTS(height_factor, width_factor, fill_mode, interpolation, seed, fill_value, data_format)
};

/// Shifts images.
class RandomTranslation : public Layer {
 public:
  using Arguments = RandomTranslationArguments;
  explicit RandomTranslation(Arguments arguments);
  RandomTranslation(PartOfSide height_factor, PartOfSide width_factor, Arguments arguments = {})
      : RandomTranslation((arguments.height_factor = std::move(height_factor), arguments.width_factor = std::move(width_factor),
                           std::move(arguments))) {}
};

/// The arguments of RandomZoom.
struct RandomZoomArguments {
  NamedOnly named_only{};
  PartOfSide height_factor{};  // below 0: closer
  Factor<-1, 1, FactorForm::optional> width_factor{};  // none: as the height
  FillMode fill_mode{};
  PointInterpolation interpolation{};
  Seed seed{};
  double fill_value = 0;
  DataFormat data_format{};
  KERATIN_ARGUMENTS(height_factor, width_factor, fill_mode, interpolation, seed, fill_value, data_format)
};

/// Zooms into images, or out of them.
class RandomZoom : public Layer {
 public:
  using Arguments = RandomZoomArguments;
  explicit RandomZoom(Arguments arguments);
  template <int = 0>  // so that named arguments are the other one's
  explicit RandomZoom(PartOfSide height_factor, Arguments arguments = {})
      : RandomZoom((arguments.height_factor = std::move(height_factor), std::move(arguments))) {}
};

/// The arguments of RandomShear.
struct RandomShearArguments {
  NamedOnly named_only{};
  Factor<0, 1, FactorForm::mirrored> x_factor = 0.0, y_factor = 0.0;
  PointInterpolation interpolation{};
  FillMode fill_mode{};
  double fill_value = 0;
  DataFormat data_format{};
  Seed seed{};
  KERATIN_ARGUMENTS(x_factor, y_factor, interpolation, fill_mode, fill_value, data_format, seed)
};

/// Slants images.
class RandomShear : public Layer {
 public:
  using Arguments = RandomShearArguments;
  explicit RandomShear(Arguments arguments = {});
};

/// The arguments of RandomPerspective.
struct RandomPerspectiveArguments {
  NamedOnly named_only{};
  Factor<0, 1> factor = 1.0;  // the probability
  double scale = 1;  // from 0 to 1
  PointInterpolation interpolation{};
  double fill_value = 0;
  Seed seed{};
  DataFormat data_format{};
  KERATIN_ARGUMENTS(factor, scale, interpolation, fill_value, seed, data_format)
  static void resolve(RandomPerspectiveArguments& arguments) { functional::check_between("scale", arguments.scale, 0, 1); }
};

/// Moves the corners of images.
class RandomPerspective : public Layer {
 public:
  using Arguments = RandomPerspectiveArguments;
  explicit RandomPerspective(Arguments arguments = {});
};

/// The arguments of RandomElasticTransform.
struct RandomElasticTransformArguments {
  NamedOnly named_only{};
  Factor<0, 1> factor = 1.0, scale = 1.0;
  PointInterpolation interpolation{};
  OneOf<"reflect", "wrap", "constant", "nearest", "mirror"> fill_mode{};
  double fill_value = 0;
  Range value_range = {0, 255};
  Seed seed{};
  DataFormat data_format{};
  KERATIN_ARGUMENTS(factor, scale, interpolation, fill_mode, fill_value, value_range, seed, data_format)
};

/// Bends images.
class RandomElasticTransform : public Layer {
 public:
  using Arguments = RandomElasticTransformArguments;
  explicit RandomElasticTransform(Arguments arguments = {});
};

}  // namespace keratin::layers
