// Self-test of dispatched.h: inputs made by rule go through predict, as they went through Keratin's reference evaluator (in double precision)
// when this file was made, and the results are compared. Source: norm_batch_conv.keras (Keras 3.15.1). Made by Keratin 0.1.0; this output is yours, without conditions.
#include <cmath>
#include <cstdio>

#include "dispatched.h"

namespace {

constexpr kr::Size kBatch = 2;
constexpr double kLimit = 1e-05;

alignas(64) float in_x[120];
alignas(64) float out_out[6];

/// Fractions in [-1, 1), or whole numbers below `below`: the same on every machine.
template <class T> void fill(T* x, kr::Size count, unsigned seed, unsigned below) {
  for (kr::Size i = 0; i < count; ++i) {
    seed = seed * 1664525u + 1013904223u;
    x[i] = below == 0 ? static_cast<T>((static_cast<int>(seed >> 25) - 64) / 64.0) : static_cast<T>((seed >> 8) % below);
  }
}

/// Prints max|a - b| / max(1, max|b|) over every step-th element; false where it is over the limit.
template <class T> bool check(const char* name, const T* x, const double* recorded, kr::Size count, kr::Size step) {
  double worst = 0, largest = 1;
  for (kr::Size i = 0; i < count; ++i) {
    const double a = static_cast<double>(x[i * step]), b = recorded[i];
    if (std::isfinite(b)) largest = std::fmax(largest, std::fabs(b));
    double difference = a == b || (std::isnan(a) && std::isnan(b)) ? 0 : std::fabs(a - b);
    if (std::isnan(difference)) difference = HUGE_VAL;
    worst = std::fmax(worst, difference);
  }
  const double error = worst / largest;
  std::printf("%-32s %.2e %s\n", name, error, error <= kLimit ? "ok" : "FAIL");
  return error <= kLimit;
}

/// out[n,3]
const double recorded_out_out[] = {
    -0.405439055, 0.376364384, -0.0447866601, -0.143788598, -0.20456518, -0.0215855092};

}  // namespace

int main() {
  const dispatched::Prepared& weights = dispatched::prepared();
  fill(in_x, 120, 1, 0);
  dispatched::Workspace workspace(kBatch);
  if (const kr::Status status = dispatched::predict(weights, dispatched::Inputs{{in_x, kBatch}}, dispatched::Outputs{{out_out, kBatch}}, workspace); !status)
    return std::fprintf(stderr, "%s\n", status.message), 1;
  bool fine = true;
  fine = check("out", out_out, recorded_out_out, 6, 1) && fine;
  return fine ? 0 : 1;
}
