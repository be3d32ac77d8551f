#include "compiler/initializers/windows.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace keratin {

namespace {

using std::numbers::pi;

/// Value i of a symmetric window of `count` >= 2 values. `mirrored` is the distance to the nearer end.
struct Place {
  double i, count, mirrored;
  double last() const { return count - 1; }
};

/// sum_k a_k cos(k (2 i / (count - 1) - 1) pi).
template <size_t N>
double cosines(const Place& at, const double (&a)[N]) {
  double sum = 0;
  for (size_t k = 0; k < N; ++k) sum += a[k] * std::cos(static_cast<double>(k) * pi * (2 * at.i / at.last() - 1));
  return sum;
}

double barthann(const Place& at) {
  const double far = std::abs(at.i / at.last() - 0.5);
  return 0.62 - 0.48 * far + 0.38 * std::cos(2 * pi * far);
}
double bartlett(const Place& at) { return 2 * at.mirrored / at.last(); }
double blackman(const Place& at) { return cosines(at, {0.42, 0.5, 0.08}); }
double blackman_harris(const Place& at) { return cosines(at, {0.35875, 0.48829, 0.14128, 0.01168}); }
double bohman(const Place& at) {
  const double far = std::abs(2 * at.i / at.last() - 1);
  return at.mirrored == 0 ? 0 : (1 - far) * std::cos(pi * far) + std::sin(pi * far) / pi;
}
double boxcar(const Place&) { return 1; }
double cosine(const Place& at) { return std::sin(pi / at.count * (at.i + 0.5)); }
double exponential(const Place& at) { return std::exp(-std::abs(at.i - at.last() / 2)); }
double flattop(const Place& at) { return cosines(at, {0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368}); }
double hamming(const Place& at) { return cosines(at, {0.54, 0.46}); }
double hann(const Place& at) { return cosines(at, {0.5, 0.5}); }
double lanczos(const Place& at) {
  const double x = pi * (2 * (at.last() - at.mirrored) / at.last() - 1);
  return x == 0 ? 1 : std::sin(x) / x;
}
double nuttall(const Place& at) { return cosines(at, {0.3635819, 0.4891775, 0.1365995, 0.0106411}); }
double parzen(const Place& at) {
  const double far = std::abs(at.i - at.last() / 2), x = far / (at.count / 2);
  return far <= at.last() / 4 ? 1 - 6 * x * x + 6 * x * x * x : 2 * (1 - x) * (1 - x) * (1 - x);
}
double triangle(const Place& at) {
  const bool even = std::fmod(at.count, 2) == 0;
  return even ? (2 * at.mirrored + 1) / at.count : 2 * (at.mirrored + 1) / (at.count + 1);
}
/// Half of the window is its flat middle.
double tukey(const Place& at) {
  const double width = std::floor(at.last() / 4);
  return at.mirrored > width ? 1 : 0.5 * (1 + std::cos(pi * (4 * at.mirrored / at.last() - 1)));
}

/// Taylor's weights (Carrara, Goodman & Majewski): four nearly constant side lobes, 30 dB below the main one, which is 1 in the middle.
double taylor(const Place& at) {
  constexpr int kLobes = 4;
  const double a = std::acosh(std::pow(10, 30.0 / 20)) / pi, s = kLobes * kLobes / (a * a + (kLobes - 0.5) * (kLobes - 0.5));
  const auto weights = [&](double i) {
    double sum = 1;
    for (int m = 1; m < kLobes; ++m) {
      double numerator = m % 2 ? 1 : -1, denominator = 2;
      for (int other = 1; other < kLobes; ++other) {
        numerator *= 1 - m * m / s / (a * a + (other - 0.5) * (other - 0.5));
        if (other != m) denominator *= 1 - static_cast<double>(m * m) / (other * other);
      }
      sum += 2 * numerator / denominator * std::cos(2 * pi * m * (i - at.count / 2 + 0.5) / at.count);
    }
    return sum;
  };
  return weights(at.i) / weights(at.last() / 2);
}

struct Window {
  std::vector<std::string_view> names;
  double (*value)(const Place&);
};

const std::vector<Window>& windows() {
  static const std::vector<Window> table = {
      {{"barthann", "brthan", "bth"}, barthann},
      {{"bartlett", "bart", "brt"}, bartlett},
      {{"blackman", "black", "blk"}, blackman},
      {{"blackmanharris", "blackharr", "bkh"}, blackman_harris},
      {{"bohman", "bman", "bmn"}, bohman},
      {{"boxcar", "box", "ones", "rect", "rectangular"}, boxcar},
      {{"cosine", "halfcosine"}, cosine},
      {{"exponential", "poisson"}, exponential},
      {{"flattop", "flat", "flt"}, flattop},
      {{"hamming", "hamm", "ham"}, hamming},
      {{"hann", "han"}, hann},
      {{"lanczos", "sinc"}, lanczos},
      {{"nuttall", "nutl", "nut"}, nuttall},
      {{"parzen", "parz", "par"}, parzen},
      {{"taylor", "taylorwin"}, taylor},
      {{"triang", "triangle", "tri"}, triangle},
      {{"tukey", "tuk"}, tukey},
  };
  return table;
}

}  // namespace

std::optional<std::vector<double>> window_of(std::string_view name, int64_t length, bool periodic) {
  for (const auto& [suffix, means] : {std::pair<std::string_view, bool>{"_periodic", true}, {"_symmetric", false}})
    if (name.ends_with(suffix)) {
      name.remove_suffix(suffix.size());
      periodic = means;
      break;
    }
  for (const Window& window : windows()) {
    if (std::find(window.names.begin(), window.names.end(), name) == window.names.end()) continue;
    std::vector<double> values(static_cast<size_t>(length), 1);
    const auto count = static_cast<double>(length + periodic);
    for (size_t i = 0; length > 1 && i < values.size(); ++i) {
      const auto at = static_cast<double>(i);
      values[i] = window.value({at, count, std::min(at, count - 1 - at)});
    }
    return values;
  }
  return {};
}

}  // namespace keratin
