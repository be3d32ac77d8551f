// Trains the digits model from its first values: no Python, no framework, one core.
#include <chrono>
#include <cstdio>
#include <vector>

#include "../csv.h"
#include "train_digits_trainer.h"

namespace {

/// Images and their classes.
struct Digits {
  std::vector<float> images;
  std::vector<int> classes;

  explicit Digits(const char* path) {
    const Table table = read_csv(path);
    for (size_t i = 0; i < table.rows(); ++i) {
      classes.push_back(static_cast<int>(table.at(i, 0)));
      for (size_t pixel = 0; pixel < 64; ++pixel) images.push_back(table.at(i, 1 + pixel) / 16);
    }
  }
  kr::TrainingData data() const { return {{images.data(), classes.data()}, static_cast<kr::Size>(classes.size()), false}; }
};

kr::Outcome run(const Digits& train, const Digits& test, double& accuracy) {
  train_digits::Trainer model(64);
  kr::ProgressBar progress;
  kr::FitOptions options;
  options.epochs = 12;
  options.callbacks = {&progress};
  const kr::TrainingData validation = test.data();
  options.validation_data = &validation;
  kr::FitResult result;
  const auto begin = std::chrono::steady_clock::now();
  if (kr::Outcome done = kr::fit(model, train.data(), options, result); !done) return done;
  std::printf("trained in %.2f s\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());

  kr::Logs logs;
  if (kr::Outcome done = kr::evaluate(model, validation, {}, logs); !done) return done;
  if (const kr::Status saved = model.save("train_digits.npz"); !saved) return saved;
  const kr::Status loaded = model.load("train_digits.npz");
  if (const kr::LogEntry* found = logs.find("accuracy")) accuracy = found->values[0];
  return loaded;
}

}  // namespace

int main(int argc, char** argv) {
  const Digits train(argc > 1 ? argv[1] : "digits_train.csv"), test(argc > 2 ? argv[2] : "digits_test.csv");
  double accuracy = 0;
  if (const kr::Outcome done = run(train, test, accuracy); !done) return std::fprintf(stderr, "%s\n", done.message.c_str()), 1;
  std::printf("accuracy %.2f %% of %zu test digits\n", 100 * accuracy, test.classes.size());
  return accuracy > 0.98 ? 0 : 1;
}
