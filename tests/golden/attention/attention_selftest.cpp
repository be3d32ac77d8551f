// Self-test of attention.h: inputs made by rule go through predict, as they went through Keratin's reference evaluator (in double precision)
// when this file was made, and the results are compared. Source: mha_self.keras (Keras 3.15.1). Made by Keratin 0.1.0; this output is yours, without conditions.
#include <cmath>
#include <cstdio>

#include "attention.h"

namespace {

constexpr kr::Size kBatch = 2;
constexpr double kLimit = 1e-05;

alignas(64) float in_x[60];
alignas(64) float out_mha[60];

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

/// mha[n,5,6]
const double recorded_out_mha[] = {
    -0.317143709, 0.386858015, 0.159057661, -0.100456508, 0.0160488308, 0.361570202, -0.330806672, 0.383512783, 0.159020461,
    -0.0991441567, 0.0139507262, 0.367540183, -0.333129941, 0.385725617, 0.179729731, -0.11101647, 0.036441226, 0.363310826,
    -0.322317923, 0.383268426, 0.142932967, -0.09516295, 0.00119396872, 0.365816257, -0.322805847, 0.385824199, 0.147908374,
    -0.0894731473, -0.00607863151, 0.357979226, -0.166461748, 0.504501359, 0.0278805329, -0.0863560836, 0.0418808409, 0.311178898,
    -0.172797217, 0.546898762, 0.00751750442, -0.0393640794, -0.021582143, 0.249876658, -0.166211193, 0.527528063, 0.00727782198,
    -0.0595875304, 0.0200616572, 0.303319301, -0.155201976, 0.554430107, -0.000499117144, -0.0554874161, -0.00176912719, 0.246647439,
    -0.159404933, 0.527490619, 0.00885656254, -0.0671313062, 0.0256623905, 0.298043645};

}  // namespace

int main() {
  const attention::Prepared& weights = attention::prepared();
  fill(in_x, 60, 1, 0);
  attention::Workspace workspace(kBatch);
  if (const kr::Status status = attention::predict(weights, attention::Inputs{{in_x, kBatch}}, attention::Outputs{{out_mha, kBatch}}, workspace); !status)
    return std::fprintf(stderr, "%s\n", status.message), 1;
  bool fine = true;
  fine = check("mha", out_mha, recorded_out_mha, 60, 1) && fine;
  return fine ? 0 : 1;
}
