// Self-test of upsampler.h: inputs made by rule go through predict, as they went through Keratin's reference evaluator (in double precision)
// when this file was made, and the results are compared. Source: conv2d_transpose_same.keras (Keras 3.15.1). Made by Keratin 0.1.0; this output is yours, without conditions.
#include <cmath>
#include <cstdio>

#include "upsampler.h"

namespace {

constexpr kr::Size kBatch = 2;
constexpr double kLimit = 1e-05;

alignas(64) float in_x[72];
alignas(64) float out_conv[192];

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

/// conv[n,8,6,2]
const double recorded_out_conv[] = {
    0.258084836, 0, 0.171651934, 0, 0.489030647, 0, 0.352123037, 0, 0.515995767, 0, 0.693459889, 0, 0.187839275, 0, 0.158365337, 0,
    0.182239798, 0, 0.206149819, 0, 0.435073999, 0, 0.659614138, 0, 0.421133837, 0, 0.226140225, 0, 0.46349536, 0, 0.965940212, 0,
    0.690947509, 0, 0.941058352, 0, 0.132550397, 0, 0.243910112, 0, 0.499660518, 0, 0.602773236, 0, 0.286657354, 0, 0.644487017, 0,
    0.454851682, 0, 0.782838217, 0, 0.530289076, 0, 0.190959525, 0, 0.307974187, 0.299305497, 0.32626476, 0.0830023487, 0.179205799, 0,
    0.506937955, 0, 0.0287943681, 0, 0.118949528, 0, 0.868473939, 0, 0.230027903, 0, 0.272391296, 0, 0.243688622, 0, 0.563527298, 0,
    0.518063886, 0, 0.302806576, 0, 0, 0, 0.255549445, 0, 0, 0, 0.155427997, 0, 0.333820116, 0, 0.471466701, 0, 0.297974624, 0,
    0.08789627, 0.24605006, 0.0867352132, 0, 0, 0.0723609077, 0.0926460805, 0, 0, 0, 0.0238250345, 0, 0.665203915, 0, 0.242093692, 0,
    0.194772688, 0.0401392548, 0.221323312, 0, 0, 0, 0.0272406966, 0, 0.0901586234, 0, 0, 0.0353634596, 0.239217586, 0, 0.176273184, 0,
    0.327688082, 0, 0.155057936, 0, 0.0992367049, 0, 0.400175178, 0, 0.644598676, 0, 0.557592718, 0, 0.136930827, 0, 0.530037639, 0,
    0.585339233, 0, 0.289017989, 0, 0.252133506, 0, 0.28825834, 0, 0.863800248, 0, 0.147580935, 0, 0.0248596128, 0, 0.213623459, 0,
    0.29345838, 0, 0.340062373, 0, 0.520878344, 0, 0.524482108, 0, 0.216661628, 0.219267789, 0.581893147, 0, 0.149313767, 0, 0, 0,
    0.247839708, 0, 0.824189014, 0, 0.60500221, 0, 0.15302395, 0, 0, 0, 0, 0, 0.44439101, 0, 0.386620882, 0};

}  // namespace

int main() {
  const upsampler::Prepared& weights = upsampler::prepared();
  fill(in_x, 72, 1, 0);
  upsampler::Workspace workspace(kBatch);
  if (const kr::Status status = upsampler::predict(weights, upsampler::Inputs{{in_x, kBatch}}, upsampler::Outputs{{out_conv, kBatch}}, workspace); !status)
    return std::fprintf(stderr, "%s\n", status.message), 1;
  bool fine = true;
  fine = check("conv", out_conv, recorded_out_conv, 192, 1) && fine;
  return fine ? 0 : 1;
}
