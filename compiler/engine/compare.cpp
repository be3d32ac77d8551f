#include "compiler/engine/compare.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace keratin {

Difference compare_arrays(const Array& actual, const Array& expected) {
  const double infinity = std::numeric_limits<double>::infinity();
  if (actual.shape != expected.shape) return {infinity, fmt::format("shape {}, recorded {}", shape_text(actual.shape), shape_text(expected.shape))};
  if (actual.dtype == DType::string || expected.dtype == DType::string) {
    return actual.strings == expected.strings ? Difference{} : Difference{infinity, "other texts"};
  }
  const std::vector<double> a = actual.as<double>(), b = expected.as<double>();
  double largest = 0, worst = 0, squares_b = 0, squares_d = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!std::isfinite(a[i]) || !std::isfinite(b[i])) {
      const bool same = std::isnan(a[i]) ? std::isnan(b[i]) : a[i] == b[i];
      if (!same) return {infinity, fmt::format("element {} is {}, recorded {}", i, a[i], b[i])};
      continue;
    }
    largest = std::max(largest, std::fabs(b[i]));
    worst = std::max(worst, std::fabs(a[i] - b[i]));
    squares_b += b[i] * b[i];
    squares_d += (a[i] - b[i]) * (a[i] - b[i]);
  }
  if (largest > 1e-6 && std::sqrt(squares_d) > 0.1 * std::sqrt(squares_b)) return {infinity, fmt::format("differs by {:.3g} of the recorded norm", std::sqrt(squares_d / squares_b))};
  return {worst / std::max(1.0, largest), ""};
}

}  // namespace keratin
