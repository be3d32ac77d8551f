// Self-test of several_ends.h: inputs made by rule go through predict, as they went through Keratin's reference evaluator (in double precision)
// when this file was made, and the results are compared. Source: k2_several_inputs_outputs.h5 (Keras 2.21.0). Made by Keratin 0.1.0; this output is yours, without conditions.
#include <cmath>
#include <cstdio>

#include "several_ends.h"

namespace {

constexpr kr::Size kBatch = 2;
constexpr double kLimit = 1e-05;

alignas(64) float in_a[12];
alignas(64) float in_b[12];
alignas(64) float out_p[6];
alignas(64) float out_q[4];

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

/// p[n,3]
const double recorded_out_p[] = {
    0.108798641, -0.416668087, -0.226449927, 0.165155158, -0.752348896, -0.0522350015};

/// q[n,2]
const double recorded_out_q[] = {
    0.520109055, 0.686549711, 0.577941102, 0.685308575};

}  // namespace

int main() {
  const several_ends::Prepared& weights = several_ends::prepared();
  fill(in_a, 12, 1, 0);
  fill(in_b, 12, 2, 0);
  several_ends::Workspace workspace(kBatch);
  if (const kr::Status status = several_ends::predict(weights, several_ends::Inputs{{in_a, kBatch}, {in_b, kBatch}}, several_ends::Outputs{{out_p, kBatch}, {out_q, kBatch}}, workspace); !status)
    return std::fprintf(stderr, "%s\n", status.message), 1;
  bool fine = true;
  fine = check("p", out_p, recorded_out_p, 6, 1) && fine;
  fine = check("q", out_q, recorded_out_q, 4, 1) && fine;
  return fine ? 0 : 1;
}
