// One call of the forecaster on a ramp: finite, and the same twice.
#include <cmath>
#include <cstdio>

#include "forecast.h"

int main() {
  float series[2 * 24], first[2], second[2];
  for (int i = 0; i < 48; ++i) series[i] = static_cast<float>(i % 24) / 24;
  forecast::Workspace workspace(2);
  if (!forecast::predict(forecast::prepared(), {series, 2}, {first, 2}, workspace)) return 1;
  if (!forecast::predict(forecast::prepared(), {series, 2}, {second, 2}, workspace)) return 2;
  std::printf("%f %f\n", static_cast<double>(first[0]), static_cast<double>(first[1]));
  return std::isfinite(first[0]) && first[0] == first[1] && first[0] == second[0] && first[1] == second[1] ? 0 : 3;
}
