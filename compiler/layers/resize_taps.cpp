// Taps of the resampling kernels. Positions are computed in float like TensorFlow's, so that ties fall on the same side.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "compiler/layers/resize.h"

namespace keratin {

namespace {

struct Kernel {
  double radius;
  double (*value)(double x);  // of a distance, not negative
};

double triangle(double x) { return x < 1 ? 1 - x : 0; }

/// Keys's cubic with a = -1/2.
double keys_cubic(double x) {
  if (x >= 2) return 0;
  return x >= 1 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : ((1.5 * x - 2.5) * x) * x + 1;
}

/// Mitchell & Netravali with B = C = 1/3.
double mitchell_cubic(double x) {
  if (x >= 2) return 0;
  return x >= 1 ? (((-7.0 / 18) * x + 2) * x - 10.0 / 3) * x + 16.0 / 9 : (((7.0 / 6) * x - 2) * x) * x + 8.0 / 9;
}

double gaussian(double x) { return x >= 1.5 ? 0 : std::exp(-2 * x * x); }  // deviation 1/2

template <int kRadius>
double lanczos(double x) {
  if (x > kRadius) return 0;
  if (x <= 1e-3) return 1;
  const double pi = std::numbers::pi;
  return kRadius * std::sin(pi * x) * std::sin(pi * x / kRadius) / (pi * pi * x * x);
}

const Kernel* find_kernel(const std::string& name) {
  static const std::array<std::pair<std::string_view, Kernel>, 6> kernels = {{{"bilinear", {1, triangle}},
                                                                             {"bicubic", {2, keys_cubic}},
                                                                             {"mitchellcubic", {2, mitchell_cubic}},
                                                                             {"gaussian", {1.5, gaussian}},
                                                                             {"lanczos3", {3, lanczos<3>}},
                                                                             {"lanczos5", {5, lanczos<5>}}}};
  for (const auto& [key, kernel] : kernels)
    if (key == name) return &kernel;
  return nullptr;
}

/// Rows of different lengths, padded with weight 0 to the longest.
ResizeTaps from_rows(const std::vector<std::vector<std::pair<int64_t, double>>>& rows) {
  ResizeTaps taps;
  for (const auto& row : rows) taps.count = std::max(taps.count, static_cast<int64_t>(row.size()));
  for (const auto& row : rows)
    for (int64_t i = 0; i < taps.count; ++i) {
      const bool real = i < static_cast<int64_t>(row.size());
      taps.index.push_back(real ? row[static_cast<size_t>(i)].first : row.empty() ? 0 : row.back().first);
      taps.weight.push_back(real ? row[static_cast<size_t>(i)].second : 0);
    }
  return taps;
}

ResizeTaps nearest(int64_t inputs, int64_t outputs) {
  const float scale = static_cast<float>(inputs) / static_cast<float>(outputs);
  ResizeTaps taps{1, {}, {}};
  for (int64_t i = 0; i < outputs; ++i) {
    taps.index.push_back(std::min(static_cast<int64_t>(std::floor((static_cast<float>(i) + 0.5f) * scale)), inputs - 1));
    taps.weight.push_back(1);
  }
  return taps;
}

ResizeTaps bilinear(int64_t inputs, int64_t outputs, bool corner_aligned) {
  const float scale = static_cast<float>(inputs) / static_cast<float>(outputs);
  ResizeTaps taps{2, {}, {}};
  for (int64_t i = 0; i < outputs; ++i) {
    const float at = corner_aligned ? static_cast<float>(i) * scale : (static_cast<float>(i) + 0.5f) * scale - 0.5f;
    const int64_t below = static_cast<int64_t>(std::floor(at));
    const double share = static_cast<double>(at) - static_cast<double>(below);
    taps.index.push_back(std::max<int64_t>(below, 0));
    taps.index.push_back(std::min(below + 1, inputs - 1));
    taps.weight.push_back(1 - share);
    taps.weight.push_back(share);
  }
  return taps;
}

/// Keys's cubic at offsets rounded to 1/1024, as TensorFlow's table has them; taps outside are left out and the others scaled up.
ResizeTaps bicubic(int64_t inputs, int64_t outputs) {
  const float scale = static_cast<float>(inputs) / static_cast<float>(outputs);
  std::vector<std::vector<std::pair<int64_t, double>>> rows;
  for (int64_t i = 0; i < outputs; ++i) {
    const float at = (static_cast<float>(i) + 0.5f) * scale - 0.5f;
    const int64_t below = static_cast<int64_t>(std::floor(at));
    const double offset = static_cast<double>(std::lrint((at - static_cast<float>(below)) * 1024)) / 1024;
    auto& row = rows.emplace_back();
    double total = 0;
    for (int64_t tap = -1; tap <= 2; ++tap) {
      if (below + tap < 0 || below + tap >= inputs) continue;
      row.emplace_back(below + tap, keys_cubic(std::abs(static_cast<double>(tap) - offset)));
      total += row.back().second;
    }
    for (auto& [index, weight] : row) weight /= total;
  }
  return from_rows(rows);
}

/// Every output is the mean of the inputs that its interval covers.
ResizeTaps area(int64_t inputs, int64_t outputs) {
  const double scale = static_cast<double>(inputs) / static_cast<double>(outputs);
  std::vector<std::vector<std::pair<int64_t, double>>> rows;
  for (int64_t i = 0; i < outputs; ++i) {
    const double begin = static_cast<double>(i) * scale, end = static_cast<double>(i + 1) * scale;
    auto& row = rows.emplace_back();
    for (int64_t k = static_cast<int64_t>(begin); k < inputs && static_cast<double>(k) < end; ++k) {
      const double covered = std::min(static_cast<double>(k + 1), end) - std::max(static_cast<double>(k), begin);
      if (covered > 1e-9) row.emplace_back(k, covered / scale);
    }
  }
  return from_rows(rows);
}

/// A kernel around the sampled place, widened by the scale where antialiasing; weights add up to 1.
ResizeTaps kernel_taps(const Kernel& kernel, int64_t inputs, int64_t outputs, bool antialias) {
  const double scale = static_cast<double>(inputs) / static_cast<double>(outputs), widening = antialias ? std::max(scale, 1.0) : 1.0;
  std::vector<std::vector<std::pair<int64_t, double>>> rows;
  for (int64_t i = 0; i < outputs; ++i) {
    const double at = (static_cast<double>(i) + 0.5) * scale, reach = kernel.radius * widening;
    const int64_t first = std::clamp<int64_t>(static_cast<int64_t>(std::ceil(at - reach - 0.5)), 0, inputs - 1);
    const int64_t last = std::clamp<int64_t>(static_cast<int64_t>(std::floor(at + reach - 0.5)), 0, inputs - 1);
    auto& row = rows.emplace_back();
    double total = 0;
    for (int64_t k = first; k <= last; ++k) {
      row.emplace_back(k, kernel.value(std::abs((static_cast<double>(k) + 0.5 - at) / widening)));
      total += row.back().second;
    }
    if (total != 0)
      for (auto& [index, weight] : row) weight /= total;
  }
  return from_rows(rows);
}

}  // namespace

const std::vector<std::string_view>& resize_interpolations() {
  static const std::vector<std::string_view> names = {"nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area", "gaussian",
                                                      "mitchellcubic"};
  return names;
}

ResizeTaps resize_taps(int64_t inputs, int64_t outputs, const ResizeOptions& options) {
  if (options.interpolation == "nearest") return nearest(inputs, outputs);
  if (options.interpolation == "area") return area(inputs, outputs);
  if (options.interpolation == "bilinear" && !options.antialias) return bilinear(inputs, outputs, options.corner_aligned);
  if (options.interpolation == "bicubic" && !options.antialias) return bicubic(inputs, outputs);
  return kernel_taps(*find_kernel(options.interpolation), inputs, outputs, options.antialias);
}

}  // namespace keratin
