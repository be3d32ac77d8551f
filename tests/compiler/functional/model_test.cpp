// What a model is between its layers and its file: the input of a Sequential, frozen layers, options of calls.
#include <catch2/catch.hpp>
#include <cstdio>
#include <keratin/keratin.h>

namespace {

using namespace keratin::functional;
namespace layers = keratin::layers;
namespace ops = keratin::ops;
using keratin::Json;
using Catch::Matchers::Contains;

NDArray ramp(std::vector<int64_t> shape) {
  int64_t count = 1;
  for (int64_t extent : shape) count *= extent;
  std::vector<float> list;
  for (int64_t i = 0; i < count; ++i) list.push_back(0.25f * static_cast<float>((7 * i) % 11) - 1.0f);
  return NDArray(std::move(shape), std::move(list));
}

/// Whether a layer's entry in the model's JSON is trainable.
bool trainable_in(const Json& model, const std::string& layer) {
  for (const Json& entry : model.find("config")->find("layers")->as_array())
    if (entry.find("config")->find("name")->as_string() == layer) return entry.find("config")->find("trainable")->as_bool();
  throw std::runtime_error("no layer " + layer);
}

struct TemporaryFile {
  std::string path;
  explicit TemporaryFile(const char* name) : path(name) {}
  ~TemporaryFile() { std::remove(path.c_str()); }
};

}  // namespace

TEST_CASE("a Sequential without an Input takes the shape of its first data") {
  set_engine(Engine::reference);
  const Sequential model({layers::Dense(3, {.activation = "relu"}), layers::Dense(2)});
  CHECK_THROWS_WITH(model.summary_text(), Contains("has no input yet"));
  CHECK_THROWS_WITH(model.save("never.keras"), Contains("has no input yet"));
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const History history = model.fit(ramp({8, 4}), ramp({8, 2}), {.epochs = 2, .verbose = 0});
  CHECK(history["loss"].size() == 2);
  CHECK(model.input_shape() == TensorShape{std::nullopt, 4});
  CHECK(model.count_params() == 4 * 3 + 3 + 3 * 2 + 2);
  const Json json = *Json::parse(model.to_json());
  CHECK(json.find("config")->find("layers")->as_array()[0].find("class_name")->as_string() == "InputLayer");
  CHECK_THROWS_WITH(model.predict(ramp({8, 5})), Contains("incompatible with the layer"));
}

TEST_CASE("a Sequential without an Input is built by build(), by a tensor, by arrays") {
  set_engine(Engine::reference);
  const Sequential first({layers::Dense(3)});
  first.build({std::nullopt, 4});
  CHECK(first.output_shape() == TensorShape{std::nullopt, 3});
  first.add(layers::Dense(2));
  CHECK(first.output_shape() == TensorShape{std::nullopt, 2});

  const Sequential inner({layers::Dense(3), layers::Dense(5)});
  const Tensor x = Input({7});
  const Model outer(x, inner(x));
  CHECK(outer.output_shape() == TensorShape{std::nullopt, 5});
  CHECK(outer.predict(ramp({2, 7})).shape() == std::vector<int64_t>{2, 5});

  const Sequential third({layers::Dense(3)});
  CHECK(third(std::vector<NDArray>{ramp({2, 6})})[0].shape() == std::vector<int64_t>{2, 3});
  CHECK(third.input_shape() == TensorShape{std::nullopt, 6});

  CHECK_THROWS_WITH(Sequential().build({std::nullopt, 4}), Contains("it has no layers"));
  const Sequential wrong({layers::Conv2D(3, 2)});
  CHECK_THROWS_AS(wrong.build({std::nullopt, 4}), ValueError);
  wrong.build({std::nullopt, 8, 8, 1});  // what failed left nothing behind
  CHECK(wrong.output_shape() == TensorShape{std::nullopt, 7, 7, 3});
}

TEST_CASE("frozen layers are kept in files, also inside nested models") {
  set_engine(Engine::reference);
  const Tensor a = Input({4});
  const Layer inside = layers::Dense({.units = 3, .name = "inside"});
  const Model base(a, inside(a), {.name = "base"});
  const Tensor x = Input({4});
  const Layer head = layers::Dense({.units = 2, .name = "head"});
  const Model model(x, head(base(x)));
  CHECK(model.trainable_weights().size() == 4);
  inside.set_trainable(false);
  CHECK(model.trainable_weights().size() == 2);
  CHECK_FALSE(inside.weights()[0].trainable());
  CHECK(head.weights()[0].trainable());

  const TemporaryFile file("frozen.keras");
  model.save(file.path);
  const Model loaded = load_model(file.path);
  CHECK(loaded.trainable_weights().size() == 2);
  const Json nested = *Json::parse(loaded.to_json());
  CHECK_FALSE(trainable_in(nested.find("config")->find("layers")->as_array()[1], "inside"));

  // and thawed again, in a model that came from a file
  loaded.set_trainable(true);
  CHECK(loaded.trainable_weights().size() == 4);
  loaded.save(file.path);
  CHECK(load_model(file.path).trainable_weights().size() == 4);
  CHECK(load_model(file.path).predict(ramp({3, 4})).shape() == std::vector<int64_t>{3, 2});
}

TEST_CASE("training leaves frozen layers as they are") {
  set_engine(Engine::reference);
  const Tensor x = Input({4});
  const Layer frozen = layers::Dense({.units = 3, .name = "frozen"});
  const Layer free = layers::Dense({.units = 2, .name = "free"});
  const Model model(x, free(frozen(x)));
  frozen.set_trainable(false);
  const float kept = static_cast<float>(frozen.get_weights()[0].number(0)), moved = static_cast<float>(free.get_weights()[0].number(0));
  model.compile({.optimizer = keratin::optimizers::SGD{.learning_rate = 0.1}, .loss = "mse"});
  model.fit(ramp({8, 4}), ramp({8, 2}), {.verbose = 0});
  CHECK(static_cast<float>(frozen.get_weights()[0].number(0)) == kept);
  CHECK(static_cast<float>(free.get_weights()[0].number(0)) != moved);
}

TEST_CASE("a model inside a loaded model is a model") {
  set_engine(Engine::reference);
  const Tensor a = Input({4});
  const Model base(a, layers::Dense(3)(a), {.name = "base"});
  const Tensor x = Input({4});
  const Model model(x, layers::Dense(2)(base(x)));
  const TemporaryFile file("nested.keras");
  model.save(file.path);
  const Model inner(load_model(file.path).get_layer("base"));
  const NDArray expected = base.predict(ramp({3, 4})), received = inner.predict(ramp({3, 4}));
  REQUIRE(received.shape() == expected.shape());
  for (int64_t i = 0; i < expected.size(); ++i) CHECK(received.number(i) == expected.number(i));
}

TEST_CASE("a call takes the options that its layer knows") {
  const Tensor x = Input({5, 4});
  CHECK_THROWS_WITH(layers::Dense({.units = 3, .name = "d"})(x, {.initial_state = x}), "Layer 'd' (Dense) got an unexpected keyword argument 'initial_state'.");
  CHECK_THROWS_WITH(layers::LSTM({.units = 3, .name = "l"})(x, {.use_causal_mask = true}), "Layer 'l' (LSTM) got an unexpected keyword argument 'use_causal_mask'.");
  CHECK_NOTHROW(layers::Dense(3)(x, {.training = false}));
  const Tensor h = Input({3});
  CHECK_NOTHROW(layers::GRU(3)(x, {.initial_state = h}));
  CHECK_NOTHROW(layers::MultiHeadAttention({.num_heads = 2, .key_dim = 2})(x, x, {.use_causal_mask = true}));
}

TEST_CASE("files say with which shapes Keras builds a layer") {
  set_engine(Engine::reference);
  const Tensor x = Input({5, 4}), m = Input({5}, {.dtype = "bool"}), h = Input({3}), c = Input({3});
  const Tensor a = layers::LSTM({.units = 3, .name = "with_states"})(x, {.mask = m, .initial_state = {h, c}});
  const Tensor b = layers::LSTM({.units = 3, .name = "with_mask"})(x, {.mask = m});
  const Tensor d = layers::Flatten()(layers::MultiHeadAttention({.num_heads = 1, .key_dim = 2, .name = "attention"})(x, x));
  const Json model = *Json::parse(Model({x, m, h, c}, layers::Concatenate({.name = "joined"})({a, b, d})).to_json());
  const auto built = [&](const std::string& layer) -> std::string {
    for (const Json& entry : model.find("config")->find("layers")->as_array())
      if (entry.find("name")->as_string() == layer) return entry.find("build_config")->dump();
    return "";
  };
  CHECK(built("with_states") == R"({"shapes_dict": {"sequences_shape": [null, 5, 4], "initial_state_shape": [[null, 3], [null, 3]]}})");
  CHECK(built("with_mask") == R"({"input_shape": [null, 5, 4]})");
  CHECK(built("attention") == R"({"shapes_dict": {"query_shape": [null, 5, 4], "value_shape": [null, 5, 4]}})");
  CHECK(built("joined") == R"({"input_shape": [[null, 3], [null, 3], [null, 20]]})");
}
