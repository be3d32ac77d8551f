// Which pixels make the model see this digit, and not the runner-up? The gradient of the difference of the two logits, as a picture.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "../digits.h"
#include "saliency.h"

namespace {

constexpr size_t kClasses = 10;

/// Of one image: the class that the model sees, the next one, and how the pixels speak for the first against the second.
struct Explanation {
  size_t best, next;
  std::vector<float> saliency;
};

/// The slopes of a function to both sides of a point. They differ at a kink, where two pixels tie for a maximum, say.
struct Slopes {
  double left, right;
};

/// The model and its gradients, one image at a time.
class Classifier {
 public:
  kr::Status probabilities(const std::vector<float>& image, std::vector<float>& p) {
    p.resize(kClasses);
    return saliency::predict(saliency::prepared(), image, p, workspace_);
  }

  /// The difference of two logits is log(p[best] / p[next]), as softmax has it; its derivatives by the probabilities are 1 / p.
  kr::Status explain(const std::vector<float>& image, Explanation& result) {
    std::vector<float> p, cotangent(kClasses);
    if (const kr::Status status = probabilities(image, p); !status) return status;
    result.best = static_cast<size_t>(std::max_element(p.begin(), p.end()) - p.begin());
    std::vector<float> others = p;
    others[result.best] = -1;
    result.next = static_cast<size_t>(std::max_element(others.begin(), others.end()) - others.begin());
    cotangent[result.best] = 1 / p[result.best];
    cotangent[result.next] = -1 / p[result.next];
    result.saliency.resize(image.size());
    return saliency::backward(saliency::initial_weights(), {image}, {cotangent}, {result.saliency}, workspace_);
  }

  /// The same derivatives by predictions alone, for comparison: differences to both sides of every pixel.
  kr::Status differences(std::vector<float> image, const Explanation& of, std::vector<Slopes>& slopes) {
    constexpr float kStep = 1e-3f;
    const auto logit = [&](double& value) {
      std::vector<float> p;
      const kr::Status status = probabilities(image, p);
      if (status) value = std::log(static_cast<double>(p[of.best]) / static_cast<double>(p[of.next]));
      return status;
    };
    double here = 0, below = 0, above = 0;
    if (const kr::Status status = logit(here); !status) return status;
    slopes.clear();
    for (float& pixel : image) {
      const float value = pixel;
      pixel = value - kStep;
      if (const kr::Status status = logit(below); !status) return status;
      pixel = value + kStep;
      if (const kr::Status status = logit(above); !status) return status;
      pixel = value;
      slopes.push_back({(here - below) / kStep, (above - here) / kStep});
    }
    return {};
  }

 private:
  saliency::Workspace workspace_{1};
};

/// A picture of 5 x 2 digits, each beside its saliency: what speaks for the class is red, what speaks against it blue.
class Picture {
 public:
  void add(const std::vector<float>& image, const std::vector<float>& saliency) {
    float largest = 0;
    for (float s : saliency) largest = std::max(largest, std::fabs(s));
    for (size_t i = 0; i < image.size(); ++i) {
      const float s = saliency[i] / largest;
      square(2 * digits_, i, image[i], image[i], image[i]);
      square(2 * digits_ + 1, i, 1 - std::max(-s, 0.0f), 1 - std::fabs(s), 1 - std::max(s, 0.0f));
    }
    ++digits_;
  }

  /// As .ppm, which every viewer of pictures knows.
  bool write(const char* path) const {
    std::FILE* file = std::fopen(path, "wb");
    if (!file) return false;
    bool written = std::fprintf(file, "P6\n%zu %zu\n255\n", kWidth, kHeight) > 0;
    written = std::fwrite(bytes_.data(), 1, bytes_.size(), file) == bytes_.size() && written;
    return std::fclose(file) == 0 && written;
  }

 private:
  static constexpr size_t kZoom = 12, kTile = Digits::kSide * kZoom, kTilesInRow = 10, kWidth = kTilesInRow * kTile, kHeight = 2 * kTile;

  void square(size_t tile, size_t pixel, float red, float green, float blue) {
    const size_t left = tile % kTilesInRow * kTile + pixel % Digits::kSide * kZoom;
    const size_t top = tile / kTilesInRow * kTile + pixel / Digits::kSide * kZoom;
    for (size_t y = top; y < top + kZoom; ++y)
      for (size_t x = left; x < left + kZoom; ++x) {
        unsigned char* at = &bytes_[(y * kWidth + x) * 3];
        for (float colour : {red, green, blue}) *at++ = static_cast<unsigned char>(colour * 255);
      }
  }

  size_t digits_ = 0;
  std::vector<unsigned char> bytes_ = std::vector<unsigned char>(kWidth * kHeight * 3);
};

/// At how many pixels the gradient is the slope, to one percent of the largest; at a kink it is between the two.
size_t agreement(const std::vector<float>& gradient, const std::vector<Slopes>& slopes) {
  double largest = 0;
  for (const Slopes& s : slopes) largest = std::max({largest, std::fabs(s.left), std::fabs(s.right)});
  size_t count = 0;
  for (size_t i = 0; i < slopes.size(); ++i) {
    const auto [low, high] = std::minmax(slopes[i].left, slopes[i].right);
    count += gradient[i] > low - 0.01 * largest && gradient[i] < high + 0.01 * largest;
  }
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  const Digits digits = read_digits(argc > 1 ? argv[1] : "digits_test.csv");
  const char* path = argc > 2 ? argv[2] : "saliency.ppm";
  Classifier classifier;
  Picture picture;
  size_t agreeing = 0;
  for (int digit = 0; digit < static_cast<int>(kClasses); ++digit) {
    const auto first = std::find(digits.classes.begin(), digits.classes.end(), digit);
    const float* pixels = digits.image(static_cast<size_t>(first - digits.classes.begin()));
    const std::vector<float> image(pixels, pixels + Digits::kPixels);
    Explanation seen;
    std::vector<Slopes> slopes;
    kr::Status status = classifier.explain(image, seen);
    if (status) status = classifier.differences(image, seen, slopes);
    if (!status) return std::fprintf(stderr, "%s\n", status.message), 1;
    agreeing += agreement(seen.saliency, slopes);
    picture.add(image, seen.saliency);
    std::printf("%s%d is seen as %zu, next comes %zu", digit % 5 ? "; " : digit ? "\n" : "", digit, seen.best, seen.next);
  }
  if (!picture.write(path)) return std::perror(path), 1;
  std::printf("\n%s: ten digits, each beside its saliency\n", path);
  std::printf("the gradient is what differences of predictions say at %zu of %zu pixels; several kinks meet at the others\n", agreeing, kClasses * Digits::kPixels);
  return agreeing > kClasses * Digits::kPixels * 95 / 100 ? 0 : 1;
}
