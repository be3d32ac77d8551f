// Builds, trains and saves a model, and loads it again.
#include <cmath>
#include <cstdio>
#include <keratin/keratin.h>

using namespace keratin;

int main() {
  set_random_seed(1);
  std::vector<float> x, y;
  for (int i = 0; i < 256; ++i) {
    x.push_back(static_cast<float>(i) / 128 - 1);
    y.push_back(std::sin(3 * x.back()));
  }
  const NDArray inputs({256, 1}, x), targets({256, 1}, y);
  const Tensor in = Input({1}, {.name = "x"});
  Tensor h = layers::Dense(16, {.activation = "tanh"})(in);
  h = layers::Dense(16, {.activation = "tanh"})(h);
  Model model(in, layers::Dense(1)(h));
  model.compile({.optimizer = optimizers::Adam{.learning_rate = 0.01}, .loss = "mse"});
  const History history = model.fit(inputs, targets, {.epochs = 150, .verbose = 0});
  model.save("sine.keras");
  const double before = model.predict(inputs)(100, 0), after = load_model("sine.keras").predict(inputs)(100, 0);
  std::printf("loss %.4f, sin(%.3f) = %.3f\n", history["loss"].back(), x[100] * 3.0, after);
  return history["loss"].back() < 0.01 && before == after ? 0 : 1;
}
