// Trains the digits model from its first values: no Python, no framework, one core.
#include <chrono>
#include <cstdio>

#include "../digits.h"
#include "train_digits_trainer.h"

namespace {

kr::Outcome run(const Digits& train, const Digits& test, double& accuracy) {
  train_digits::Trainer model(32);
  const kr::TrainingData data = model.data({train.images}, {train.classes}), validation = model.data({test.images}, {test.classes});
  kr::FitOptions options;
  options.epochs = 16;
  kr::LearningRateScheduler falling([](kr::Size epoch, double) { return 0.003 * static_cast<double>(16 - epoch) / 16; });
  kr::ProgressBar progress;
  options.callbacks = {&falling, &progress};
  options.validation_data = &validation;
  kr::FitResult result;
  const auto begin = std::chrono::steady_clock::now();
  if (kr::Outcome done = kr::fit(model, data, options, result); !done) return done;
  std::printf("trained in %.2f s\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());

  kr::Logs logs;
  if (kr::Outcome done = kr::evaluate(model, validation, {}, logs); !done) return done;
  accuracy = logs.number("accuracy");
  if (const kr::Status saved = model.save("train_digits.npz"); !saved) return saved;
  return model.load("train_digits.npz");
}

}  // namespace

int main(int argc, char** argv) {
  const Digits train = read_digits(argc > 1 ? argv[1] : "digits_train.csv"), test = read_digits(argc > 2 ? argv[2] : "digits_test.csv");
  double accuracy = 0;
  if (const kr::Outcome done = run(train, test, accuracy); !done) return std::fprintf(stderr, "%s\n", done.message.c_str()), 1;
  std::printf("accuracy %.2f %% of %zu test digits\n", 100 * accuracy, test.count());
  return accuracy > 0.98 ? 0 : 1;
}
