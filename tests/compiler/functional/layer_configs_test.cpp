// The declarations of keratin::layers against what Keras serialises: keys, names and defaults of every class.
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <functional>
#include <keratin/keratin.h>
#include <map>
#include <set>

#include "tests/compiler/test_files.h"

using namespace keratin;
using namespace keratin::layers;

namespace {

using Makers = std::map<std::string, std::function<Layer()>>;

#define MADE(Name, ...) \
  { #Name, [] { return Layer(Name(__VA_ARGS__ __VA_OPT__(, ) {.name = "made"})); } }

/// The same arguments as in record_layer_configs.py.
const Makers& makers() {
  static const Makers made = {
      MADE(Activation, "relu"), MADE(ActivityRegularization), MADE(Add), MADE(AlphaDropout, 0.5), MADE(AugMix), MADE(Average),
      MADE(AveragePooling1D, 2), MADE(AveragePooling2D, 2), MADE(AveragePooling3D, 2), MADE(BatchNormalization),
      MADE(Bidirectional, LSTM(4, {.name = "inner"})), MADE(CenterCrop, 4, 5), MADE(Concatenate), MADE(Conv1D, 4, 3),
      MADE(Conv1DTranspose, 4, 3),
      MADE(Conv2D, 4, 3), MADE(Conv2DTranspose, 4, 3), MADE(Conv3D, 4, 3), MADE(Conv3DTranspose, 4, 3), MADE(Cropping1D), MADE(Cropping2D),
      MADE(Cropping3D), MADE(CutMix), MADE(Dense, 4), MADE(DepthwiseConv1D, 3), MADE(DepthwiseConv2D, 3), MADE(Dot, 1), MADE(Dropout, 0.5),
      MADE(ELU), MADE(EinsumDense, "ab,bc->ac", 4), MADE(Embedding, 5, 4), MADE(Flatten), MADE(GRU, 4), MADE(GRUCell, 4),
      MADE(GaussianDropout, 0.5), MADE(GaussianNoise, 0.5), MADE(GlobalAveragePooling1D), MADE(GlobalAveragePooling2D),
      MADE(GlobalAveragePooling3D), MADE(GlobalMaxPooling1D), MADE(GlobalMaxPooling2D), MADE(GlobalMaxPooling3D), MADE(GroupNormalization),
      MADE(Identity), MADE(LSTM, 4), MADE(LSTMCell, 4), MADE(LayerNormalization), MADE(LayerScale, 0.5, 4), MADE(LeakyReLU), MADE(Masking),
      MADE(MaxPooling1D, 2), MADE(MaxPooling2D, 2), MADE(MaxPooling3D, 2), MADE(Maximum), MADE(Minimum), MADE(MixUp),
      MADE(MultiHeadAttention, 2, 4), MADE(Multiply), MADE(Normalization), MADE(PReLU), MADE(Permute, {2, 1}), MADE(RMSNormalization),
      MADE(RNN, LSTMCell(4, {.name = "inner"})), MADE(RandAugment), MADE(RandomBrightness, 0.2), MADE(RandomColorDegeneration, 0.2),
      MADE(RandomColorJitter), MADE(RandomContrast, 0.2), MADE(RandomCrop, 4, 5), MADE(RandomElasticTransform), MADE(RandomErasing),
      MADE(RandomFlip), MADE(RandomGaussianBlur), MADE(RandomGrayscale), MADE(RandomHue, 0.2), MADE(RandomInvert), MADE(RandomPerspective),
      MADE(RandomPosterization, 4), MADE(RandomRotation, 0.2), MADE(RandomSaturation, 0.2), MADE(RandomSharpness, 0.2), MADE(RandomShear),
      MADE(RandomTranslation, 0.2, 0.3), MADE(RandomZoom, 0.2), MADE(ReLU), MADE(RepeatVector, 3), MADE(Rescaling, 0.5),
      MADE(Reshape, {2, 3}),
      MADE(Resizing, 4, 5), MADE(SeparableConv1D, 4, 3), MADE(SeparableConv2D, 4, 3), MADE(SimpleRNN, 4), MADE(SimpleRNNCell, 4),
      MADE(Softmax),
      MADE(SpatialDropout1D, 0.5), MADE(SpatialDropout2D, 0.5), MADE(SpatialDropout3D, 0.5),
      MADE(SpectralNormalization, Dense(4, {.name = "inner"})),
      MADE(StackedRNNCells, std::vector<Layer>{LSTMCell(4, {.name = "inner"}), GRUCell(3, {.name = "outer"})}), MADE(StochasticDepth, 0.5),
      MADE(Subtract), MADE(TimeDistributed, Dense(4, {.name = "inner"})), MADE(UnitNormalization), MADE(UpSampling1D), MADE(UpSampling2D),
      MADE(UpSampling3D), MADE(ZeroPadding1D), MADE(ZeroPadding2D), MADE(ZeroPadding3D)};
  return made;
}

struct Exception {
  const char *class_name, *key, *reason;
};
constexpr Exception kExceptions[] = {
    {"BatchNormalization", "renorm", "not offered"},
    {"BatchNormalization", "renorm_clipping", "not offered"},
    {"BatchNormalization", "renorm_momentum", "not offered"},
    {"BatchNormalization", "synchronized", "not offered"},
    {"GlorotUniform", "input_axes", "None, which older versions of Keras could not read"},
    {"GlorotUniform", "output_axes", "None, which older versions of Keras could not read"},
    {"LayerNormalization", "rms_scaling", "no argument any more"},
    {"RandomCrop", "seed", "Keras draws one"},
    {"RandomGrayscale", "seed", "Keras takes it and forgets it"},
    {"SimpleRNN", "seed", "Keras takes it and forgets it"},
};

/// Compares a config with Keras's; differences become lines, exceptions that were needed are noted.
class Comparison {
 public:
  std::vector<std::string> differences;
  std::set<std::string> excepted;

  void objects(const std::string& path, const std::string& class_name, const Json& ours, const Json& keras) {
    for (const auto& [key, value] : keras.as_object()) {
      const Json* own = ours.find(key);
      if (is_exception(class_name, key)) continue;
      if (own) values(path + "/" + key, class_name, *own, value);
      else if (key != "activity_regularizer" || !value.is_null()) differences.push_back(fmt::format("{}/{} is missing", path, key));
    }
    for (const auto& [key, value] : ours.as_object())
      if (!keras.find(key) && !is_exception(class_name, key))
        differences.push_back(fmt::format("{}/{} = {} is none of Keras's", path, key, value.dump()));
  }

 private:
  bool is_exception(const std::string& class_name, const std::string& key) {
    for (const Exception& exception : kExceptions) {
      if (class_name != exception.class_name || key != exception.key) continue;
      excepted.insert(class_name + "/" + key);
      return true;
    }
    return false;
  }

  void values(const std::string& path, const std::string& class_name, const Json& ours, const Json& keras) {
    if (ours.is_number() && keras.is_number() && ours.as_double() == keras.as_double()) return;
    if (ours.is_object() && keras.is_object()) {
      const Json* inner = keras.find("class_name");
      return objects(path, inner ? inner->as_string() : class_name, ours, keras);
    }
    if (ours.is_array() && keras.is_array() && ours.as_array().size() == keras.as_array().size()) {
      for (size_t i = 0; i < ours.as_array().size(); ++i)
        values(fmt::format("{}/{}", path, i), class_name, ours.as_array()[i], keras.as_array()[i]);
      return;
    }
    if (!(ours == keras)) differences.push_back(fmt::format("{}: {}, Keras has {}", path, ours.dump(), keras.dump()));
  }
};

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const ValueError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("Every class with its required arguments has the config that Keras writes", "[functional]") {
  const Result<Json> recorded = Json::parse(TestFolder::read_whole(std::string(KERATIN_FUNCTIONAL_TESTS) + "/layer_configs.json"));
  REQUIRE(recorded.ok());
  Comparison comparison;
  for (const auto& [name, keras] : recorded->as_object()) {
    const auto maker = makers().find(name);
    if (maker == makers().end()) {
      comparison.differences.push_back(name + " is not made");
      continue;
    }
    comparison.objects(name, name, functional::encode(maker->second()), keras);
  }
  CHECK(recorded->as_object().size() == makers().size());
  for (const std::string& difference : comparison.differences) FAIL_CHECK(difference);
  CHECK(comparison.excepted.size() == std::size(kExceptions));
}

TEST_CASE("Every class of the registry is declared for programs, or has a reason not to be", "[functional]") {
  const std::map<std::string, std::string> not_declared = {{"CustomScaleLayer", "of old keras.applications"},
                                                           {"InputLayer", "Input makes it"},
                                                           {"LocallyConnected1D", "not in Keras 3"},
                                                           {"LocallyConnected2D", "not in Keras 3"},
                                                           {"TFOpLambda", "what tf.keras writes for operations"},
                                                           {"TensorFlowOpLayer", "what tf.keras writes for operations"},
                                                           {"ThresholdedReLU", "not in Keras 3"}};
  size_t without = 0;
#define KERATIN_LAYER(Name, ...)                              \
  INFO(#Name);                                                \
  if (std::string(#__VA_ARGS__).empty()) {                    \
    ++without;                                                \
    CHECK(not_declared.count(#Name) == 1);                    \
  } else {                                                    \
    CHECK(makers().count(#Name) == 1);                        \
  }
#include "compiler/layers/layers.def"
#undef KERATIN_LAYER
  CHECK(without == not_declared.size());
}

TEST_CASE("A required argument that is missing is an error by its name", "[functional]") {
  const Makers missing = {{"Layer 'x': units: is missing", [] { return Layer(Dense({.name = "x"})); }},
                          {"Layer 'x': rate: is missing", [] { return Layer(Dropout({.name = "x"})); }},
                          {"Layer 'x': stddev: is missing", [] { return Layer(GaussianNoise({.name = "x"})); }},
                          {"Layer 'x': kernel_size: is missing", [] { return Layer(DepthwiseConv2D({.name = "x"})); }},
                          {"Layer 'x': dims: is missing", [] { return Layer(Permute({.name = "x"})); }},
                          {"Layer 'x': target_shape: is missing", [] { return Layer(Reshape({.name = "x"})); }},
                          {"Layer 'x': axes: is missing", [] { return Layer(Dot({.name = "x"})); }},
                          {"Layer 'x': scale: is missing", [] { return Layer(Rescaling({.name = "x"})); }},
                          {"Layer 'x': factor: is missing", [] { return Layer(RandomContrast({.name = "x"})); }},
                          {"Layer 'x': output_shape: is missing", [] { return Layer(EinsumDense({.equation = "a,b->a", .name = "x"})); }},
                          {"Layer 'x': layer: is no serialized layer", [] { return Layer(TimeDistributed({.name = "x"})); }},
                          {"Layer 'x': cells: is no list of cells", [] { return Layer(StackedRNNCells({.name = "x"})); }},
                          {"missing 1 required argument: 'activation'", [] { return Layer(Activation({.name = "x"})); }}};
  for (const auto& [message, make] : missing) CHECK(error_of(make) == message);
}

TEST_CASE("A wrong value is an error that says what is allowed", "[functional]") {
  CHECK(error_of([] { Conv2D(4, 3, {.padding = "causal", .name = "x"}); }) == "Layer 'x': padding: 'causal' is not one of valid, same");
  CHECK(error_of([] { Conv2D(4, 3, {.groups = 0, .name = "x"}); }) == "Layer 'x': groups: 0 is below 1");
  CHECK(error_of([] { UpSampling2D(2, {.data_format = "first", .name = "x"}); }) ==
        "Layer 'x': data_format: 'first' is not one of channels_last, channels_first");
  CHECK(error_of([] { Bidirectional(LSTM(4), {.merge_mode = "add", .name = "x"}); }) ==
        "Layer 'x': merge_mode: 'add' is not one of concat, sum, mul, ave");
  CHECK(error_of([] { RandomFlip("sideways", {.name = "x"}); }) ==
        "Layer 'x': mode: 'sideways' is not one of horizontal_and_vertical, horizontal, vertical");
  CHECK(error_of([] { RandomContrast(1.5); }) ==
        "The `factor` argument should be a number (or a list of two numbers) in the range [0, 1]. Received: factor=1.5");
  CHECK(error_of([] { RandomGrayscale({.factor = 2}); }) ==
        "The `factor` argument should be a number in the range [0, 1]. Received: factor=2");
  CHECK(error_of([] { RandomHue(0.1, {.value_range = {1}}); }) == "An argument should be a list of two numbers. Received: [1.0]");
  CHECK(error_of([] { ZeroPadding2D({1, 2, 3}); }) == "An argument must say both sides of 2 axes. Received 3 of them.");
  CHECK(error_of([] { MaxPooling2D({2, 2, 2}); }) == "An argument must be a tuple of 2 integers. Received 3 of them.");
  CHECK(error_of([] { RNN(Dense(4), {.name = "x"}); }) == "Layer 'x': cell: Dense is no recurrent cell");
  CHECK(error_of([] { Dropout(1.5, {.name = "x"}); }) == "Layer 'x': rate: 1.5 is not between 0 and 1");
}

TEST_CASE("The ways to write an argument", "[functional]") {
  const auto value = [](const Layer& layer, const char* key) { return layer.get_config().find(key)->dump(); };
  CHECK(value(ZeroPadding2D({1, 2}), "padding") == "[[1, 1], [2, 2]]");
  CHECK(value(ZeroPadding2D({{1, 0}, {2, 3}}), "padding") == "[[1, 0], [2, 3]]");
  CHECK(value(Cropping1D({1, 2}), "cropping") == "[1, 2]");
  CHECK(value(Cropping3D(2), "cropping") == "[[2, 2], [2, 2], [2, 2]]");
  CHECK(value(MaxPooling2D({2, 3}), "strides") == "[2, 3]");
  CHECK(value(MaxPooling2D(2, {.strides = 1}), "strides") == "[1, 1]");
  CHECK(value(Conv2DTranspose(4, 3, {.strides = 2, .output_padding = 0}), "output_padding") == "[0, 0]");
  CHECK(value(Dropout(0.5, {.noise_shape = {std::nullopt, 1, 8}, .seed = 3}), "noise_shape") == "[null, 1, 8]");
  CHECK(value(EinsumDense("abc,cd->abd", {std::nullopt, 64}), "output_shape") == "[null, 64]");
  CHECK(value(RandomZoom({-0.1, 0.3}), "height_factor") == "[-0.1, 0.3]");
  CHECK(value(RandomContrast({0.3, 0.1}), "factor") == "[0.1, 0.3]");
  CHECK(value(Normalization({.axis = {}, .mean = 1.5, .variance = 4}), "axis") == "[]");
  CHECK(value(Rescaling(1.0 / 4, {.offset = -1}), "offset") == "-1");
  CHECK(value(RNN({LSTMCell(4, {.name = "a"}), LSTMCell(3, {.name = "b"})}), "cell").find("\"StackedRNNCells\"") != std::string::npos);
}

TEST_CASE("Layers of each group give Keras's shapes", "[functional]") {
  const Tensor image = Input({8, 6, 3}), steps = Input({5, 4});
  const auto shape = [](const Outputs& outputs) { return shape_text(outputs[0].shape()); };
  CHECK(shape(Conv2DTranspose(4, 3, {.strides = 2, .padding = "same"})(image)) == "(None, 16, 12, 4)");
  CHECK(shape(DepthwiseConv2D(3, {.depth_multiplier = 2})(image)) == "(None, 6, 4, 6)");
  CHECK(shape(SeparableConv1D(7, 3, {.padding = "causal"})(steps)) == "(None, 5, 7)");
  CHECK(shape(ZeroPadding2D({{1, 0}, {2, 3}})(image)) == "(None, 9, 11, 3)");
  CHECK(shape(Cropping1D({1, 2})(steps)) == "(None, 2, 4)");
  CHECK(shape(UpSampling1D(3)(steps)) == "(None, 15, 4)");
  CHECK(shape(UpSampling2D({2, 3}, {.interpolation = "bilinear"})(image)) == "(None, 16, 18, 3)");
  CHECK(shape(GlobalMaxPooling2D({.keepdims = true})(image)) == "(None, 1, 1, 3)");
  CHECK(shape(Permute({2, 1})(steps)) == "(None, 4, 5)");
  CHECK(shape(Dot({2, 2}, {.normalize = true})({steps, steps})) == "(None, 5, 5)");
  CHECK(shape(EinsumDense("abc,cd->abd", {std::nullopt, 64}, {.bias_axes = "d"})(steps)) == "(None, 5, 64)");
  CHECK(shape(TimeDistributed(Dense(2))(steps)) == "(None, 5, 2)");
  CHECK(shape(TimeDistributed({.layer = TimeDistributed(Dense(2))})(image)) == "(None, 8, 6, 2)");
  CHECK(shape(RNN({LSTMCell(4), GRUCell(3)}, {.return_sequences = true})(steps)) == "(None, 5, 3)");
  CHECK(shape(Bidirectional(LSTM(4))(steps)) == "(None, 8)");
  CHECK(shape(Resizing(4, 5)(image)) == "(None, 4, 5, 3)");
  CHECK(shape(RandomFlip("horizontal")(RandomRotation(0.1)(image))) == "(None, 8, 6, 3)");
  CHECK(shape(LayerScale(1e-6, 4)(steps)) == "(None, 5, 4)");
  CHECK(shape(SpatialDropout1D(0.5)(GaussianNoise(0.1)(steps))) == "(None, 5, 4)");
}
