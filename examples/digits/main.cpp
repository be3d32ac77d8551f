// Classifies 360 handwritten digits: prints a few, the accuracy, and the time per image.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "../csv.h"
#include "digits.h"

int main(int argc, char** argv) {
  const Table table = read_csv(argc > 1 ? argv[1] : "digits_test.csv");
  const size_t count = table.rows();
  std::vector<float> images, probabilities(count * 10);
  for (size_t i = 0; i < count; ++i)
    for (size_t pixel = 0; pixel < 64; ++pixel) images.push_back(table.at(i, 1 + pixel) / 16);

  digits::Workspace workspace(static_cast<kr::Size>(count));
  const auto classify = [&] {
    return digits::predict(digits::prepared(), {images.data(), static_cast<kr::Size>(count)}, {probabilities.data(), static_cast<kr::Size>(count)}, workspace);
  };
  if (const kr::Status status = classify(); !status) return std::fprintf(stderr, "%s\n", status.message), 1;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i)
    if (!classify()) return 1;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() / 10;

  size_t right = 0;
  for (size_t i = 0; i < count; ++i) {
    const float* row = &probabilities[i * 10];
    const auto best = std::max_element(row, row + 10) - row;
    right += best == static_cast<long>(table.at(i, 0));
    if (i >= 3) continue;
    for (size_t y = 0; y < 8; ++y) {
      for (size_t x = 0; x < 8; ++x) std::printf("%c%c", " .:-=+*%@"[static_cast<int>(images[i * 64 + y * 8 + x] * 8)], " .:-=+*%@"[static_cast<int>(images[i * 64 + y * 8 + x] * 8)]);
      std::printf(y == 3 ? "   %d with probability %.3f\n" : "\n", static_cast<int>(best), static_cast<double>(row[best]));
    }
  }
  std::printf("accuracy %.2f %% of %zu digits, %.2f us per image\n", 100.0 * static_cast<double>(right) / static_cast<double>(count), count, seconds * 1e6 / static_cast<double>(count));
  return right * 100 >= count * 98 ? 0 : 1;
}
