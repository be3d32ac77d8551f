// A network that knows the digits 0 to 4 learns 5 to 9 from a few of each: its convolutions are frozen, a new head is trained.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "../digits.h"
#include "finetune_base_trainer.h"

namespace {

constexpr int kClasses = 5;

/// The digits 5 to 9, at most `most` of each, as classes 0 to 4 of the new head.
Digits new_classes(const Digits& all, size_t most) {
  Digits part;
  std::vector<size_t> taken(kClasses);
  for (size_t i = 0; i < all.count(); ++i) {
    const int label = all.classes[i] - 5;
    if (label < 0 || taken[static_cast<size_t>(label)]++ >= most) continue;
    part.classes.push_back(label);
    part.images.insert(part.images.end(), all.image(i), all.image(i) + Digits::kPixels);
  }
  return part;
}

/// Accuracy without a network, for comparison: an image is of the class whose mean image is nearest.
double nearest_mean_accuracy(const Digits& train, const Digits& test) {
  std::vector<double> means(kClasses * Digits::kPixels), counts(kClasses);
  for (int label : train.classes) ++counts[static_cast<size_t>(label)];
  for (size_t i = 0; i < train.images.size(); ++i) {
    const auto label = static_cast<size_t>(train.classes[i / Digits::kPixels]);
    means[label * Digits::kPixels + i % Digits::kPixels] += train.images[i] / counts[label];
  }
  size_t right = 0;
  for (size_t i = 0; i < test.count(); ++i) {
    std::vector<double> distances(kClasses);
    for (size_t k = 0; k < means.size(); ++k) {
      const double difference = test.image(i)[k % Digits::kPixels] - means[k];
      distances[k / Digits::kPixels] += difference * difference;
    }
    right += std::min_element(distances.begin(), distances.end()) - distances.begin() == test.classes[i];
  }
  return static_cast<double>(right) / static_cast<double>(test.count());
}

/// Whether all weights but those of the head have the same bits.
bool same_base(const finetune_base::Weights& a, const finetune_base::Weights& b) {
  const auto same = [](const auto& x, const auto& y) { return std::memcmp(&x, &y, sizeof x) == 0; };
  return same(a.conv1_kernel, b.conv1_kernel) && same(a.norm1_gamma, b.norm1_gamma) && same(a.norm1_beta, b.norm1_beta) &&
         same(a.norm1_moving_mean, b.norm1_moving_mean) && same(a.norm1_moving_variance, b.norm1_moving_variance) &&
         same(a.conv2_kernel, b.conv2_kernel) && same(a.norm2_gamma, b.norm2_gamma) && same(a.norm2_beta, b.norm2_beta) &&
         same(a.norm2_moving_mean, b.norm2_moving_mean) && same(a.norm2_moving_variance, b.norm2_moving_variance);
}

/// Trains the head; `before` and `after` get the accuracy on the test digits.
kr::Outcome fine_tune(finetune_base::Trainer& model, const Digits& train, const Digits& test, double& before, double& after) {
  const kr::TrainingData data = model.data({train.images}, {train.classes}), held_out = model.data({test.images}, {test.classes});
  kr::Logs logs;
  if (kr::Outcome done = kr::evaluate(model, held_out, {}, logs); !done) return done;
  before = logs.number("accuracy");
  kr::FitOptions options;
  options.epochs = 20;
  kr::FitResult result;
  if (kr::Outcome done = kr::fit(model, data, options, result); !done) return done;
  if (kr::Outcome done = kr::evaluate(model, held_out, {}, logs); !done) return done;
  after = logs.number("accuracy");
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const Digits train = new_classes(read_digits(argc > 1 ? argv[1] : "digits_train.csv"), 50);
  const Digits test = new_classes(read_digits(argc > 2 ? argv[2] : "digits_test.csv"), SIZE_MAX);
  finetune_base::Trainer model(32);
  double before = 0, after = 0;
  const kr::Outcome done = fine_tune(model, train, test, before, after);
  if (!done) return std::fprintf(stderr, "%s\n", done.message.c_str()), 1;

  const double baseline = nearest_mean_accuracy(train, test);
  const bool kept = same_base(model.weights(), finetune_base::initial_weights());
  std::printf("%zu digits of new classes to learn from, %zu to test\n", train.count(), test.count());
  std::printf("accuracy %.2f %% with a new head, %.2f %% when it is trained; ", 100 * before, 100 * after);
  std::printf("by the nearest mean image %.2f %%\n", 100 * baseline);
  std::printf("the frozen weights %s\n", kept ? "are what they were, to the bit" : "have changed");
  return after > 0.95 && after > baseline && kept ? 0 : 1;
}
