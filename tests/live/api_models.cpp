// Models that are built, trained and saved by C++ alone; api_models.py has Keras open them. Argument: the directory for the files.
#include <cstdio>
#include <keratin/keratin.h>
#include <string>
#include <vector>

using namespace keratin;

namespace {

/// Values between -1 and 1 that repeat in every run.
NDArray values(std::vector<int64_t> shape, unsigned phase = 0) {
  int64_t count = 1;
  for (int64_t extent : shape) count *= extent;
  std::vector<float> list;
  unsigned state = 17 + phase;
  for (int64_t i = 0; i < count; ++i) {
    state = state * 1664525u + 1013904223u;
    list.push_back(static_cast<float>(state >> 8) / 8388608.0f - 1.0f);
  }
  return NDArray(std::move(shape), std::move(list));
}

NDArray ids(std::vector<int64_t> shape, int64_t below, unsigned phase = 0) {
  const NDArray random = values(shape, phase);
  std::vector<int64_t> list;
  for (int64_t i = 0; i < random.size(); ++i) list.push_back(static_cast<int64_t>((random.number(i) + 1) / 2 * static_cast<double>(below)) % below);
  return NDArray(std::move(shape), std::move(list));
}

struct Trained {
  Model model;
  std::vector<NDArray> x, y;
};

Trained convolutions() {
  const Tensor image = Input({8, 8, 3}, {.name = "image"});
  Tensor h = layers::Conv2D(6, 3, {.padding = "same", .use_bias = false})(image);
  h = layers::ReLU()(layers::BatchNormalization()(h));
  h = layers::SeparableConv2D(8, 3, {.activation = "gelu"})(layers::MaxPooling2D()(h));
  const Tensor y = layers::Dense(4, {.activation = "softmax"})(layers::Dropout(0.3)(layers::Flatten()(h)));
  Model model(image, y, {.name = "convolutions"});
  model.compile({.optimizer = optimizers::Adam{.learning_rate = optimizers::schedules::ExponentialDecay{1e-2, 10, 0.9}},
                 .loss = losses::SparseCategoricalCrossentropy{}, .metrics = {"accuracy"}});
  return {model, {values({24, 8, 8, 3})}, {ids({24}, 4)}};
}

Trained sequences() {
  const Tensor words = Input({9}, {.dtype = "int32", .name = "words"});
  const Tensor embedded = layers::Embedding(12, 5, {.mask_zero = true})(words);
  const Tensor h = layers::Bidirectional(layers::LSTM(6, {.return_sequences = true}))(embedded);
  const Tensor y = layers::Dense(1, {.activation = "sigmoid"})(layers::GRU(4)(h));
  Model model(words, y, {.name = "sequences"});
  model.compile({.optimizer = optimizers::RMSprop{.learning_rate = 0.01, .momentum = 0.5, .centered = true}, .loss = losses::BinaryCrossentropy{.label_smoothing = 0.1},
                 .metrics = {metrics::AUC{}, metrics::BinaryAccuracy{.threshold = 0.4}}});
  return {model, {ids({16, 9}, 12)}, {ids({16, 1}, 2, 3)}};
}

Trained attention() {
  const Tensor x = Input({6, 8}, {.name = "x"});
  Tensor h = layers::LayerNormalization()(x);
  h = layers::Add()({x, layers::MultiHeadAttention(2, 4)(h, h, {.use_causal_mask = true})});
  h = layers::Dense(8, {.activation = "silu", .kernel_regularizer = "l2"})(h);
  const Tensor y = layers::Dense(2)(layers::GlobalAveragePooling1D()(h));
  Model model(x, y, {.name = "attention"});
  model.compile({.optimizer = optimizers::AdamW{.learning_rate = 0.01, .global_clipnorm = 1}, .loss = losses::Huber{.delta = 0.5}, .metrics = {"mae"}});
  return {model, {values({20, 6, 8})}, {values({20, 2}, 5)}};
}

Trained shared() {
  const Tensor a = Input({5}), half = layers::Dense({.units = 3, .activation = "tanh", .name = "half"})(a);
  const Model encoder(a, half, {.name = "encoder"});
  const Tensor left = Input({5}, {.name = "left"}), right = Input({5}, {.name = "right"});
  const Tensor u = encoder(left), v = encoder(right);
  const Tensor apart = layers::Dense({.units = 1, .name = "apart"})(ops::square(u - v));
  const Tensor both = layers::Dense({.units = 2, .name = "both"})(layers::Concatenate()({u, v}));
  Model model({left, right}, {apart, both}, {.name = "shared"});
  model.compile({.optimizer = optimizers::SGD{.learning_rate = 0.05, .momentum = 0.9, .nesterov = true}, .loss = std::vector<functional::Named>{"mse", "mae"}, .loss_weights = {1.0, 0.3}});
  return {model, {values({18, 5}), values({18, 5}, 1)}, {values({18, 1}, 2), values({18, 2}, 3)}};
}

Trained path() {
  const Sequential model({layers::Reshape({4, 3}), layers::Conv1D(4, 2, {.activation = "relu"}), layers::Flatten(), layers::Dense(3)});
  model.compile({.optimizer = "nadam", .loss = "mse"});
  return {model, {values({10, 12})}, {values({10, 3}, 7)}};
}

void save(const std::string& directory, const char* name, const Trained& trained) {
  trained.model.fit(trained.x, trained.y, {.batch_size = 8, .epochs = 3, .verbose = 0});
  for (const char* extension : {".keras", ".h5"}) trained.model.save(directory + "/" + name + extension);
  std::vector<std::pair<std::string, NDArray>> arrays;
  const auto add = [&](const std::string& kind, const std::vector<NDArray>& list) {
    for (size_t i = 0; i < list.size(); ++i) arrays.emplace_back(kind + "/" + std::to_string(i), list[i]);
  };
  add("x", trained.x);
  add("y", trained.y);
  add("predictions", trained.model.predict_all(trained.x));
  for (const auto& [key, value] : trained.model.evaluate(trained.x, trained.y)) arrays.emplace_back("logs/" + key, NDArray({1}, std::vector<double>{value}));
  arrays.emplace_back("steps", NDArray({1}, std::vector<int64_t>{trained.model.optimizer_iterations()}));
  save_npz(directory + "/" + name + ".npz", arrays);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: live_api_models DIRECTORY\n", stderr), 2;
  set_random_seed(5);
  try {
    save(argv[1], "convolutions", convolutions());
    save(argv[1], "sequences", sequences());
    save(argv[1], "attention", attention());
    save(argv[1], "shared", shared());
    save(argv[1], "path", path());
  } catch (const functional::Exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
