// Forecasts the next value of a noisy sine from the 24 before it, and compares with repeating the last value.
#include <cstdio>
#include <vector>

#include "../csv.h"
#include "forecast.h"

int main(int argc, char** argv) {
  const Table table = read_csv(argc > 1 ? argv[1] : "sine.csv");
  const size_t steps = 24, first = 900, count = table.rows() - steps - first;  // the part that training has not seen
  std::vector<float> windows, following(count);
  for (size_t i = 0; i < count; ++i)
    for (size_t t = 0; t < steps; ++t) windows.push_back(table.at(first + i + t, 0));
  forecast::Workspace workspace(static_cast<kr::Size>(count));
  const kr::Status status = forecast::predict(forecast::prepared(), {windows.data(), static_cast<kr::Size>(count)}, {following.data(), static_cast<kr::Size>(count)}, workspace);
  if (!status) return std::fprintf(stderr, "%s\n", status.message), 1;
  double error = 0, repeating = 0;
  for (size_t i = 0; i < count; ++i) {
    const double truth = table.at(first + i + steps, 0), guess = following[i], last = table.at(first + i + steps - 1, 0);
    error += (guess - truth) * (guess - truth) / static_cast<double>(count);
    repeating += (last - truth) * (last - truth) / static_cast<double>(count);
  }
  std::printf("mean squared error %.4f; repeating the last value %.4f\n", error, repeating);
  return error < 0.015 ? 0 : 1;
}
