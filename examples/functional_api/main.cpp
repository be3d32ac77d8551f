// The Keras functional API in C++: three layers, their nodes, shapes and errors, training, and a file that Keras opens.
#include <cstdio>
#include <keratin/keratin.h>

using namespace keratin;

namespace {

/// A thousand examples of ten numbers; the target says whether the first five outweigh the others.
std::pair<NDArray, NDArray> examples() {
  std::vector<float> x, y;
  for (int i = 0; i < 1000; ++i) {
    float difference = 0;
    for (int k = 0; k < 10; ++k) {
      x.push_back(static_cast<float>((i * 37 + k * k * 101) % 97) / 97);
      difference += k < 5 ? x.back() : -x.back();
    }
    y.push_back(difference > 0 ? 1.0f : 0.0f);
  }
  return {NDArray({1000, 10}, x), NDArray({1000}, y)};
}

}  // namespace

int main(int count, char** arguments) {
  set_random_seed(1);

  // Layers can be made in any order; they have no shapes before they are called.
  const layers::Dense dense_layer_1(20, {.activation = "relu", .name = "dense_layer_1"});
  const layers::Dense dense_layer_2(20, {.activation = "relu", .name = "dense_layer_2"});
  const layers::Dense sigmoid_layer(1, {.activation = "sigmoid", .name = "sigmoid_layer"});
  try {
    dense_layer_1.input_shape();
  } catch (const AttributeError& error) {
    std::printf("%s\n", error.what());
  }

  // One line connects them.
  const Tensor input = Input({10}, {.name = "input"});
  const Tensor output = sigmoid_layer(dense_layer_2(dense_layer_1(input)));
  std::printf("dense_layer_1: %s -> %s\n", shape_text(dense_layer_1.input_shape()).c_str(), shape_text(dense_layer_1.output_shape()).c_str());
  try {
    dense_layer_1(Input({11}));
  } catch (const ValueError& error) {
    std::printf("%s\n", error.what());
  }

  const Model model(input, output, {.name = "model"});
  model.summary();

  const auto [x, y] = examples();
  model.compile({.optimizer = "adam", .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  model.fit(x, y, {.batch_size = 64, .epochs = 20, .verbose = 0, .callbacks = {callbacks::LambdaCallback{.on_epoch_end = [](int64_t epoch, const Logs& logs) {
    if (epoch % 5 == 4) std::printf("epoch %d: loss %.3f, accuracy %.3f\n", static_cast<int>(epoch) + 1, logs.at("loss"), logs.at("accuracy"));
  }}}});
  const Logs result = model.evaluate(x, y);
  std::printf("evaluated: loss %.3f, accuracy %.3f\n", result.at("loss"), result.at("accuracy"));

  if (count < 2) return 0;
  model.save(arguments[1]);
  const bool same = load_model(arguments[1]).predict(x)(0, 0) == model.predict(x)(0, 0);
  std::printf("saved and loaded: %s predictions\n", same ? "the same" : "other");
  return same && result.at("accuracy") > 0.9 ? 0 : 1;
}
