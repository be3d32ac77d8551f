// Self-test of training.h: inputs made by rule go through predict and backward, as they went through Keratin's reference evaluator (in double precision)
// when this file was made, and the results are compared. Source: optimizer_adam.keras (Keras 3.15.1). Made by Keratin 0.1.0; this output is yours, without conditions.
#include <cmath>
#include <cstdio>

#include "training.h"

namespace {

constexpr kr::Size kBatch = 2;
constexpr double kLimit = 1e-05;

alignas(64) float in_x[10];
alignas(64) float out_out[6];
alignas(64) float d_out[6];
alignas(64) float gradient_x[10];
alignas(64) float gradient_hidden_kernel[35];
alignas(64) float gradient_hidden_bias[7];
alignas(64) float gradient_out_kernel[21];
alignas(64) float gradient_out_bias[3];

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
    -0.65419828, 0.376356015, 0.561606451, 0.993897107, 0.32299243, -0.589520237};

/// gradient of x[n,5]
const double recorded_gradient_x[] = {
    0.0652151713, 0.456335105, 0.296603698, -0.0482397833, -0.283434121, -0.128116078, 0.747749797, -0.379126981, -0.437207792,
    -0.363684461};

/// gradient of hidden/kernel[5,7]
const double recorded_gradient_hidden_kernel[] = {
    -0.223679203, -0.360607366, 0.148031524, 0.12696015, -0.190235266, 0.13111758, 0.20867176, 0.176125445, 0.114902518, -0.155472976,
    0.0736778205, 0.174411232, -0.106824446, 0.120013432, 0.0463392029, 0.0475044462, -0.0369292222, 0.00164101649, 0.043372461,
    -0.027739831, 0.00252282448, -0.325442658, -0.233217635, 0.282469661, -0.114669493, -0.319230912, 0.196946091, -0.186602785,
    -0.0770556428, -0.302981667, 0.00984661806, 0.227362903, -0.0394999533, 0.0413808473, 0.372548034};

/// gradient of hidden/bias[7]
const double recorded_gradient_hidden_bias[] = {
    0.632879562, 0.895953519, -0.447466876, -0.231482023, 0.556364019, -0.373620218, -0.381260989};

/// gradient of out/kernel[7,3]
const double recorded_gradient_out_kernel[] = {
    0.621871287, 0.332548485, -0.133648793, 0.0964997587, 0.152463851, -0.412426463, -0.607258437, -0.370945723, 0.309969307,
    -0.0501758151, 0.144475233, -0.654481827, -0.149039799, 0.046026197, -0.456221902, 0.642227033, 0.246678335, 0.237723354,
    0.239932707, 0.11358912, 0.00558417738};

/// gradient of out/bias[3]
const double recorded_gradient_out_bias[] = {
    -0.0625, 0.328125, -1.390625};

}  // namespace

int main() {
  const training::Prepared& weights = training::prepared();
  fill(in_x, 10, 1, 0);
  fill(d_out, 6, 2, 0);
  training::Workspace workspace(kBatch);
  if (const kr::Status status = training::predict(weights, training::Inputs{{in_x, kBatch}}, training::Outputs{{out_out, kBatch}}, workspace); !status)
    return std::fprintf(stderr, "%s\n", status.message), 1;
  bool fine = true;
  fine = check("out", out_out, recorded_out_out, 6, 1) && fine;
  const training::Cotangents cotangents = {
      {d_out, kBatch},
  };
  const training::Gradients gradients = {
      {gradient_x, kBatch},
      {static_cast<float*>(gradient_hidden_kernel)},
      {static_cast<float*>(gradient_hidden_bias)},
      {static_cast<float*>(gradient_out_kernel)},
      {static_cast<float*>(gradient_out_bias)},
  };
  if (const kr::Status status = training::backward(training::initial_weights(), training::Inputs{{in_x, kBatch}}, cotangents, gradients, workspace); !status)
    return std::fprintf(stderr, "%s\n", status.message), 1;
  fine = check("gradient of x", gradient_x, recorded_gradient_x, 10, 1) && fine;
  fine = check("gradient of hidden/kernel", gradient_hidden_kernel, recorded_gradient_hidden_kernel, 35, 1) && fine;
  fine = check("gradient of hidden/bias", gradient_hidden_bias, recorded_gradient_hidden_bias, 7, 1) && fine;
  fine = check("gradient of out/kernel", gradient_out_kernel, recorded_gradient_out_kernel, 21, 1) && fine;
  fine = check("gradient of out/bias", gradient_out_bias, recorded_gradient_out_bias, 3, 1) && fine;
  return fine ? 0 : 1;
}
