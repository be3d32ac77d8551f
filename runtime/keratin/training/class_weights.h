// class_weight of Keras's fit: weights of examples by the class of their targets.
#pragma once
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "keratin/runtime/config.h"

KR_BEGIN_NAMESPACE

/// Targets [examples, width]: with a width above 1 the class is the place of the largest, else the rounded value. Classes without a weight
/// count as one. The result is a `sample_weight/...` column; TrainingData::weights_of_classes says so.
template <class T>
std::vector<float> class_weights(const T* targets, Size examples, Size width, const std::vector<std::pair<Int64, double>>& weights) {
  std::vector<float> result(static_cast<size_t>(examples), 1.0f);
  for (Size i = 0; i < examples; ++i) {
    const T* row = targets + i * width;
    Int64 label = width > 1 ? 0 : static_cast<Int64>(std::nearbyint(static_cast<double>(*row)));
    for (Size j = 1; j < width; ++j)
      if (row[j] > row[label]) label = j;
    for (const auto& [id, weight] : weights)
      if (id == label) result[static_cast<size_t>(i)] = static_cast<float>(weight);
  }
  return result;
}

KR_END_NAMESPACE
