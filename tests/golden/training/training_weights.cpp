// The weights of training.h. Source: optimizer_adam.keras (Keras 3.15.1). Made by Keratin 0.1.0; this output is yours, without conditions.
#include "training.h"

#include "keratin/runtime/weights_file.h"

namespace training {
namespace {

constexpr Prepared kPrepared = {
    // hidden_bias
    {0.060495794f, -0.03335343f, -0.2045556f, -0.024586674f, -0.0427659f, -0.26710457f, 0.08556719f},
    // hidden_kernel
    {0.24086727f, -0.40254256f, -0.21364184f, -0.40204576f, -0.4205967f, -0.20595466f, -0.29824865f, 0, 0.48672616f, 0.13665037f,
     -0.31450304f, 0.33605045f, 0.65650254f, -0.4761285f, -0.43940452f, 0, -0.9065618f, 0.5345028f, 0.46142468f, -0.6061573f,
     -0.19017377f, -0.08783373f, -0.39730948f, 0, -0.56787765f, -0.26404223f, 0.73389333f, -0.4905732f, 0.05110425f, -0.61875725f,
     -0.1724316f, 0, 0.2776605f, -0.1494715f, -0.22361234f, -0.70625556f, -0.53116417f, 1.1237887f, 0.62182724f, 0},
    // out_bias
    {0.21832496f, -0.26750693f, 0.36689973f},
    // out_kernel
    {0.05839729f, -0.2576149f, -0.585566f, 0.12005282f, 0.03676772f, 0.5340191f, 0.5358744f, 0.5332218f, 0.41486818f, -0.054082606f,
     0.52827674f, 0.22988844f, -0.6070606f, -0.079554595f, -0.64394987f, -0.6040296f, 0.7279085f, 0.3399622f, -0.39343414f, 0.38427714f,
     0.25273246f},
};

}  // namespace

const Prepared& prepared() noexcept { return kPrepared; }

namespace {

constexpr Weights kWeights = {
    // hidden_kernel
    {0.24086727f, -0.40254256f, -0.21364184f, -0.40204576f, -0.4205967f, -0.20595466f, -0.29824865f, 0.48672616f, 0.13665037f,
     -0.31450304f, 0.33605045f, 0.65650254f, -0.4761285f, -0.43940452f, -0.9065618f, 0.5345028f, 0.46142468f, -0.6061573f, -0.19017377f,
     -0.08783373f, -0.39730948f, -0.56787765f, -0.26404223f, 0.73389333f, -0.4905732f, 0.05110425f, -0.61875725f, -0.1724316f, 0.2776605f,
     -0.1494715f, -0.22361234f, -0.70625556f, -0.53116417f, 1.1237887f, 0.62182724f},
    // hidden_bias
    {0.060495794f, -0.03335343f, -0.2045556f, -0.024586674f, -0.0427659f, -0.26710457f, 0.08556719f},
    // out_kernel
    {0.05839729f, 0.5332218f, -0.64394987f, -0.2576149f, 0.41486818f, -0.6040296f, -0.585566f, -0.054082606f, 0.7279085f, 0.12005282f,
     0.52827674f, 0.3399622f, 0.03676772f, 0.22988844f, -0.39343414f, 0.5340191f, -0.6070606f, 0.38427714f, 0.5358744f, -0.079554595f,
     0.25273246f},
    // out_bias
    {0.21832496f, -0.26750693f, 0.36689973f},
};

}  // namespace

const Weights& initial_weights() noexcept { return kWeights; }

namespace {

/// Place, bytes, element type, rank and extents of every array in Prepared.
constexpr kr::WeightsEntry kEntries[] = {
    {0, 28, 17, 1, {7}},  // hidden_bias
    {64, 160, 17, 1, {40}},  // hidden_kernel
    {256, 12, 17, 1, {3}},  // out_bias
    {320, 84, 17, 1, {21}},  // out_kernel
};

}  // namespace

kr::Status load_weights(const void* file, kr::Size bytes, Prepared& p) noexcept {
  return kr::load_weights(file, bytes, {0x38ffa085cc8713d6u, kEntries, 4, sizeof(Prepared)}, &p);
}

OptimizerState::OptimizerState(const Weights& w) noexcept {
  (void)w;
  iteration = static_cast<kr::Int64>(0);
  learning_rate = 0.02f;
  for (float& value : hidden_kernel_momentum) value = 0.0f;
  for (float& value : hidden_kernel_velocity) value = 0.0f;
  for (float& value : hidden_bias_momentum) value = 0.0f;
  for (float& value : hidden_bias_velocity) value = 0.0f;
  for (float& value : out_kernel_momentum) value = 0.0f;
  for (float& value : out_kernel_velocity) value = 0.0f;
  for (float& value : out_bias_momentum) value = 0.0f;
  for (float& value : out_bias_velocity) value = 0.0f;
}

void StepResult::reset() noexcept {
  loss_total = 0.0f;
  loss_count = 0.0f;
}

}  // namespace training
