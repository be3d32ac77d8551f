#include "compiler/initializers/stft.h"

#include <cmath>
#include <fmt/format.h>
#include <numbers>

#include "compiler/initializers/windows.h"

namespace keratin {

namespace {

using Values = std::vector<double>;

/// The window's values in `dtype`; empty: none, or a problem.
Values read_window(TrainingArguments& arguments, DType dtype, int64_t length) {
  const bool periodic = arguments.flag("periodic");
  const Json* given = arguments.raw("window");
  Values window;
  if (given && given->is_null()) return window;
  if (!given || given->is_string()) {
    std::optional<Values> named = window_of(given ? given->as_string() : "hann", length, periodic);
    if (!named) return arguments.refuse("window", "a window function without parameters, by scipy's name"), window;
    window = std::move(*named);
  } else {
    window = arguments.numbers("window");
    if (window.size() != static_cast<size_t>(length)) return arguments.refuse(fmt::format("window: has {} values, the kernel {} steps", window.size(), length)), Values();
  }
  for (double& value : window) value = ir::round_to(dtype, value);
  return window;
}

}  // namespace

std::vector<double> stft_kernel(TrainingArguments& arguments, DType dtype, const std::vector<int64_t>& shape) {
  const bool real = arguments.choice("side", "real", {"real", "imag"}) == "real";
  const std::string scaling = arguments.choice("scaling", "density", {"density", "spectrum", "none"});
  if (shape.size() != 3 || shape[2] < 2) {
    arguments.raw("window");
    arguments.raw("periodic");
    return arguments.refuse("needs a weight with three axes, the last of two frequencies or more"), Values(static_cast<size_t>(ir::count_of(shape)));
  }
  const Values window = read_window(arguments, dtype, shape[0]);
  const auto round = [dtype](double value) { return ir::round_to(dtype, value); };
  double scale = scaling == "none" || window.empty() ? 1 : 0;
  for (double value : window) scale += scaling == "density" ? value * value : scaling == "spectrum" ? std::abs(value) : 0;
  scale = round(scaling == "density" && !window.empty() ? std::sqrt(scale) : scale);
  Values values;
  for (int64_t time = 0; time < shape[0]; ++time)
    for (int64_t channel = 0; channel < shape[1]; ++channel)
      for (int64_t frequency = 0; frequency < shape[2]; ++frequency) {
        // An argument rounded as Keras rounds it: in long frames that moves the value by more than the arithmetic after it.
        const double turns = round(static_cast<double>(frequency) / static_cast<double>(2 * (shape[2] - 1)));
        const double angle = round(round(round(-2.0 * static_cast<double>(time)) * turns) * round(std::numbers::pi));
        const double wave = round(real ? std::cos(angle) : std::sin(angle));
        values.push_back(window.empty() ? wave : round(round(wave * window[static_cast<size_t>(time)]) / scale));
      }
  return values;
}

}  // namespace keratin
