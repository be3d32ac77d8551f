// Images changed at random in training, which is not supported: the identity in inference (keras.layers.RandomHue, AugMix, ...).
#pragma once

#include "keratin/layers/random_geometry.h"

namespace keratin::layers {

/// The arguments of a change whose strength is a factor between two numbers.
template <int kLow, int kHigh>
struct RandomFactorArguments {
  NamedOnly named_only{};
  Factor<kLow, kHigh> factor{};
  Range value_range = {0, 255};
  DataFormat data_format{};
  Seed seed{};
  KERATIN_ARGUMENTS(factor, value_range, data_format, seed)
};

/// The same of the older classes, whose seed stands before.
template <int kLow, int kHigh>
struct RandomIntensityArguments {
  NamedOnly named_only{};
  Factor<kLow, kHigh> factor{};
  Range value_range = {0, 255};
  Seed seed{};
  DataFormat data_format{};  // without effect here; Keras keeps it
  KERATIN_ARGUMENTS(factor, value_range, seed, data_format)
};

#define KERATIN_RANDOM_FACTOR(Name, Form, low, high)                          \
  class Name : public Layer {                                                 \
   public:                                                                    \
    using Arguments = Form##Arguments<low, high>;                             \
    explicit Name(Arguments arguments);                                       \
    template <int = 0> /* so that named arguments are the other one's */      \
    explicit Name(Factor<low, high> factor, Arguments arguments = {})         \
        : Name((arguments.factor = std::move(factor), std::move(arguments))) {} \
  };
/// Adds a number to all pixels.
KERATIN_RANDOM_FACTOR(RandomBrightness, RandomIntensity, -1, 1)
/// Scales the distances of pixels to their mean.
KERATIN_RANDOM_FACTOR(RandomContrast, RandomIntensity, 0, 1)
/// Strengthens or weakens colours.
KERATIN_RANDOM_FACTOR(RandomSaturation, RandomFactor, -1, 1)
/// Turns colours along the circle of hues.
KERATIN_RANDOM_FACTOR(RandomHue, RandomFactor, 0, 1)
/// Blends images with blurred ones.
KERATIN_RANDOM_FACTOR(RandomSharpness, RandomFactor, 0, 1)
/// Blends images with grey ones.
KERATIN_RANDOM_FACTOR(RandomColorDegeneration, RandomFactor, -1, 1)
/// Reduces the bits of each colour to `factor`.
KERATIN_RANDOM_FACTOR(RandomPosterization, RandomFactor, 1, 8)
#undef KERATIN_RANDOM_FACTOR

/// The arguments of RandomInvert.
struct RandomInvertArguments {
  NamedOnly named_only{};
  Factor<0, 1> factor = 1.0;  // the probability
  Range value_range = {0, 255};
  Seed seed{};
  DataFormat data_format{};
  KERATIN_ARGUMENTS(factor, value_range, seed, data_format)
};

/// Turns colours to their opposites.
class RandomInvert : public Layer {
 public:
  using Arguments = RandomInvertArguments;
  explicit RandomInvert(Arguments arguments = {});
};

/// The arguments of RandomGrayscale.
struct RandomGrayscaleArguments {
  NamedOnly named_only{};
  double factor = 0.5;  // the probability
  DataFormat data_format{};
  Seed seed{};
  KERATIN_ARGUMENTS(factor, data_format, seed)
  static void resolve(RandomGrayscaleArguments& arguments) { functional::check_between("factor", arguments.factor, 0, 1); }
};

/// Turns colours to greys.
class RandomGrayscale : public Layer {
 public:
  using Arguments = RandomGrayscaleArguments;
  explicit RandomGrayscale(Arguments arguments = {});
};

/// The arguments of RandomColorJitter.
struct RandomColorJitterArguments {
  NamedOnly named_only{};
  Range value_range = {0, 255};
  Factor<-1, 1, FactorForm::optional> brightness_factor{};
  Factor<0, 1, FactorForm::optional> contrast_factor{};
  Factor<-1, 1, FactorForm::optional> saturation_factor{};
  Factor<0, 1, FactorForm::optional> hue_factor{};
  Seed seed{};
  DataFormat data_format{};
  KERATIN_ARGUMENTS(value_range, brightness_factor, contrast_factor, saturation_factor, hue_factor, seed, data_format)
};

/// RandomBrightness, RandomContrast, RandomSaturation and RandomHue, those whose factors are given.
class RandomColorJitter : public Layer {
 public:
  using Arguments = RandomColorJitterArguments;
  explicit RandomColorJitter(Arguments arguments = {});
};

/// The arguments of RandomGaussianBlur.
struct RandomGaussianBlurArguments {
  NamedOnly named_only{};
  Factor<0, 1> factor = 1.0;  // the probability
  Tuple<2> kernel_size = 3;
  Factor<0, 1> sigma = 1.0;
  Range value_range = {0, 255};
  DataFormat data_format{};
  Seed seed{};
  KERATIN_ARGUMENTS(factor, kernel_size, sigma, value_range, data_format, seed)
};

/// Blurs images.
class RandomGaussianBlur : public Layer {
 public:
  using Arguments = RandomGaussianBlurArguments;
  explicit RandomGaussianBlur(Arguments arguments = {});
};

/// The arguments of RandomErasing.
struct RandomErasingArguments {
  NamedOnly named_only{};
  Factor<0, 1> factor = 1.0;  // the probability
  Factor<0, 1> scale = {0.02, 0.33};  // of the area
  std::optional<double> fill_value{};  // none: noise
  Range value_range = {0, 255};
  Seed seed{};
  DataFormat data_format{};
  KERATIN_ARGUMENTS(factor, scale, fill_value, value_range, seed, data_format)
};

/// Fills a rectangle.
class RandomErasing : public Layer {
 public:
  using Arguments = RandomErasingArguments;
  explicit RandomErasing(Arguments arguments = {});
};

/// The arguments of AugMix.
struct AugMixArguments {
  NamedOnly named_only{};
  Range value_range = {0, 255};
  Positive num_chains = 3, chain_depth = 3;
  Factor<0, 1> factor = 0.3;
  double alpha = 1;
  bool all_ops = true;
  PointInterpolation interpolation{};
  Seed seed{};
  DataFormat data_format{};
  KERATIN_ARGUMENTS(value_range, num_chains, chain_depth, factor, alpha, all_ops, interpolation, seed, data_format)
};

/// Blends images with some that went through chains of random changes (Hendrycks et al.).
class AugMix : public Layer {
 public:
  using Arguments = AugMixArguments;
  explicit AugMix(Arguments arguments = {});
};

/// The arguments of RandAugment.
struct RandAugmentArguments {
  NamedOnly named_only{};
  Range value_range = {0, 255};
  int64_t num_ops = 2;
  Factor<0, 1> factor = 0.5;
  PointInterpolation interpolation{};
  Seed seed{};
  DataFormat data_format{};
  KERATIN_ARGUMENTS(value_range, num_ops, factor, interpolation, seed, data_format)
};

/// Some random changes one after another (Cubuk et al.).
class RandAugment : public Layer {
 public:
  using Arguments = RandAugmentArguments;
  explicit RandAugment(Arguments arguments = {});
};

/// The arguments of CutMix.
struct CutMixArguments {
  NamedOnly named_only{};
  Factor<0, 1> factor = 1.0;
  Seed seed{};
  DataFormat data_format{};
  KERATIN_ARGUMENTS(factor, seed, data_format)
};

/// Replaces a rectangle by that of another image (Yun et al.).
class CutMix : public Layer {
 public:
  using Arguments = CutMixArguments;
  explicit CutMix(Arguments arguments = {});
};

/// The arguments of MixUp.
struct MixUpArguments {
  NamedOnly named_only{};
  double alpha = 0.2;
  DataFormat data_format{};
  Seed seed{};
  KERATIN_ARGUMENTS(alpha, data_format, seed)
};

/// Blends pairs of images (Zhang et al.).
class MixUp : public Layer {
 public:
  using Arguments = MixUpArguments;
  explicit MixUp(Arguments arguments = {});
};

}  // namespace keratin::layers
