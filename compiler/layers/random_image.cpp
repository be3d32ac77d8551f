// The layers that change images at random in training (keras.layers): the identity in inference. Keras writes training=True into their
// calls by itself and overrules it outside of fit, so it does not count.
#include <fmt/format.h>

#include "compiler/layers/checks.h"
#include "compiler/layers/random.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/random_image.h"

namespace keratin {

namespace {

template <class A>
class RandomImage : public Layer {
 public:
  void configure(ConfigReader& config) override {
    A arguments;
    read_arguments(config, arguments);
    // Written by some classes in some versions that do not take them.
    config.ignore({"bounding_box_format", "data_format", "factor", "seed", "value_range"});
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    Val x = only_tensor(ctx, inputs).value;
    if (x.poisoned()) return {KTensor{}};
    if (draws_noise(ctx, inputs))
      return ctx.fail(fmt::format("{} cannot be trained with: its random images are supported in inference only", class_name));
    return {{is_float(ctx.compute()) ? ctx.b.cast(x, ctx.compute()) : x, {}}};
  }

  std::string describe() const override { return fmt::format("{}, the identity in inference", class_name); }
};

}  // namespace

#define KERATIN_RANDOM_IMAGE(Name)                                                                           \
  const LayerDefinition& layer_##Name() {                                                                    \
    static const LayerDefinition definition{                                                                 \
        .name = #Name, .aliases = {}, .create = create_layer<RandomImage<layers::Name::Arguments>>, .note = "inference only"};        \
    return definition;                                                                                       \
  }
KERATIN_RANDOM_IMAGE(AugMix)
KERATIN_RANDOM_IMAGE(CutMix)
KERATIN_RANDOM_IMAGE(MixUp)
KERATIN_RANDOM_IMAGE(RandAugment)
KERATIN_RANDOM_IMAGE(RandomBrightness)
KERATIN_RANDOM_IMAGE(RandomColorDegeneration)
KERATIN_RANDOM_IMAGE(RandomColorJitter)
KERATIN_RANDOM_IMAGE(RandomContrast)
KERATIN_RANDOM_IMAGE(RandomElasticTransform)
KERATIN_RANDOM_IMAGE(RandomErasing)
KERATIN_RANDOM_IMAGE(RandomFlip)
KERATIN_RANDOM_IMAGE(RandomGaussianBlur)
KERATIN_RANDOM_IMAGE(RandomGrayscale)
KERATIN_RANDOM_IMAGE(RandomHue)
KERATIN_RANDOM_IMAGE(RandomInvert)
KERATIN_RANDOM_IMAGE(RandomPerspective)
KERATIN_RANDOM_IMAGE(RandomPosterization)
KERATIN_RANDOM_IMAGE(RandomRotation)
KERATIN_RANDOM_IMAGE(RandomSaturation)
KERATIN_RANDOM_IMAGE(RandomSharpness)
KERATIN_RANDOM_IMAGE(RandomShear)
KERATIN_RANDOM_IMAGE(RandomTranslation)
KERATIN_RANDOM_IMAGE(RandomZoom)
#undef KERATIN_RANDOM_IMAGE

}  // namespace keratin
