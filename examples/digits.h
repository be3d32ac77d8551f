// The handwritten digits of data/digits_*.csv: 8 x 8 pixels, dark 0 to bright 1, and the classes 0 to 9.
#pragma once

#include <vector>

#include "csv.h"

struct Digits {
  static constexpr size_t kSide = 8, kPixels = kSide * kSide;
  std::vector<float> images;
  std::vector<int> classes;

  size_t count() const { return classes.size(); }
  const float* image(size_t i) const { return images.data() + i * kPixels; }
};

inline Digits read_digits(const char* path) {
  const Table table = read_csv(path);
  Digits digits;
  for (size_t i = 0; i < table.rows(); ++i) {
    digits.classes.push_back(static_cast<int>(table.at(i, 0)));
    for (size_t pixel = 0; pixel < Digits::kPixels; ++pixel) digits.images.push_back(table.at(i, 1 + pixel) / 16);
  }
  return digits;
}
