// Trains an autoencoder to take noise off digits: 64 pixels go through 24 numbers, and what is no digit is lost there.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <random>
#include <vector>

#include "../digits.h"
#include "train_autoencoder_trainer.h"

namespace {

using Images = std::vector<float>;

/// Normal noise on every pixel, which stays within 0 and 1.
Images noisy(const Images& clean, std::mt19937& random) {
  std::normal_distribution<float> noise(0, 0.3f);
  Images images;
  for (float pixel : clean) images.push_back(std::clamp(pixel + noise(random), 0.0f, 1.0f));
  return images;
}

Images mean_image(const Images& images) {
  Images mean(Digits::kPixels);
  const float share = static_cast<float>(mean.size()) / static_cast<float>(images.size());
  for (size_t i = 0; i < images.size(); ++i) mean[i % mean.size()] += images[i] * share;
  return mean;
}

/// Mean squared error of images; where they are one, it stands for all.
double error_of(const Images& images, const Images& clean) {
  double sum = 0;
  for (size_t i = 0; i < clean.size(); ++i) sum += (images[i % images.size()] - clean[i]) * (images[i % images.size()] - clean[i]);
  return sum / static_cast<double>(clean.size());
}

kr::Outcome train(train_autoencoder::Trainer& model, const Images& clean, std::mt19937& random) {
  kr::FitOptions options;
  kr::FitResult result;
  for (kr::Size epoch = 0; epoch < 20; ++epoch) {  // each with noise of its own
    const Images images = noisy(clean, random);
    options.initial_epoch = epoch;
    options.epochs = epoch + 1;
    if (kr::Outcome done = kr::fit(model, model.data({images}, {clean}), options, result); !done) return done;
    const double error = result.history.numbers("mse")[0];
    if (epoch % 5 == 4) std::printf("epoch %2d: mean squared error in training %.4f\n", static_cast<int>(epoch + 1), error);
  }
  return {};
}

kr::Status restore(const train_autoencoder::Weights& weights, const Images& images, Images& restored) {
  const auto prepared = std::make_unique<train_autoencoder::Prepared>();
  if (const kr::Status status = train_autoencoder::prepare(weights, *prepared); !status) return status;
  restored.resize(images.size());
  train_autoencoder::Workspace workspace(static_cast<kr::Size>(images.size() / Digits::kPixels));
  return train_autoencoder::predict(*prepared, images, restored, workspace);
}

/// Rows of characters: the clean digit, the noisy one, and what became of it.
void print_digit(size_t number, const std::vector<const Images*>& versions) {
  for (size_t y = 0; y < Digits::kSide; ++y) {
    for (const Images* images : versions) {
      for (size_t x = 0; x < Digits::kSide; ++x) {
        const float pixel = (*images)[number * Digits::kPixels + y * Digits::kSide + x];
        const char shade = " .:-=+*%@"[static_cast<size_t>(pixel * 8)];
        std::printf("%c%c", shade, shade);
      }
      std::printf(images == versions.back() ? "\n" : "  |  ");
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Images clean_train = read_digits(argc > 1 ? argv[1] : "digits_train.csv").images;
  const Images clean = read_digits(argc > 2 ? argv[2] : "digits_test.csv").images;
  std::mt19937 random(5);
  train_autoencoder::Trainer model(32);
  if (const kr::Outcome done = train(model, clean_train, random); !done) return std::fprintf(stderr, "%s\n", done.message.c_str()), 1;
  const Images images = noisy(clean, random);
  Images restored;
  if (const kr::Status status = restore(model.weights(), images, restored); !status) return std::fprintf(stderr, "%s\n", status.message), 1;

  print_digit(1, {&clean, &images, &restored});
  const double error = error_of(restored, clean), noise = error_of(images, clean), mean = error_of(mean_image(clean_train), clean);
  std::printf("mean squared error of restored test digits %.4f; of the noisy ones %.4f, of the mean digit %.4f\n", error, noise, mean);
  return error < noise / 2 && error < mean / 3 ? 0 : 1;
}
