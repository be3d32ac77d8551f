// The weights of shared_layers.h. Source: graph_nested_functional.keras (Keras 3.15.1). Made by Keratin 0.1.0; this output is yours, without conditions.
#include "shared_layers.h"

#include "keratin/runtime/weights_file.h"

namespace shared_layers {
namespace {

constexpr Prepared kPrepared = {
    // inner_inner_d0_bias
    {0.13700666f, -0.20520598f, 0.31555983f, 0.029824544f},
    // inner_inner_d0_kernel
    {0.25473672f, -0.00027029528f, 0.015470124f, 0.6161462f, 0.27176747f, 0.33060768f, -0.06034484f, 0.32429844f, -0.20994341f,
     -0.37943602f, 0.06239868f, -0.48296753f, 0.27660397f, -0.0498542f, 0.6477238f, -0.39102918f, -0.04175579f, 0.23803523f,
     0.0013771397f, -0.12581559f, 0.9521387f, 0.8450495f, -0.25037578f, 0.73963636f},
    // inner_inner_d1_bias
    {-0.37302446f, -0.27643767f, -0.113510326f, 0.1312066f, -0.21196799f, 0.30995333f},
    // inner_inner_d1_kernel
    {-0.1487971f, -0.5655363f, 0.74988335f, -0.5122066f, -0.5620745f, 0.9933422f, 0, 0, 0.04110086f, -0.30805984f, -0.33263785f,
     0.05036573f, -0.6260179f, 1.2442191f, 0, 0, 0.28137085f, -0.5250925f, 0.6949086f, -0.10551214f, 0.25810084f, -0.053051945f, 0, 0,
     0.1421251f, -0.20358385f, 0.058114685f, 0.36709484f, 0.51030225f, 0.09743362f, 0, 0},
    // out_bias
    {0.09961789f, 0.10326287f, 0.47198096f},
    // out_kernel
    {0.6239859f, 0.19831145f, -0.41395906f, -0.46379703f, -0.32550368f, 0.3166654f, 0.69010746f, 0.28059664f, -0.35632166f, -0.17393762f,
     0.74394655f, 0.08385961f, 0.08914956f, -0.17225742f, 0.31641644f, 0.26139912f, 0.61380285f, -0.5360189f},
};

}  // namespace

const Prepared& prepared() noexcept { return kPrepared; }

namespace {

/// Place, bytes, element type, rank and extents of every array in Prepared.
constexpr kr::WeightsEntry kEntries[] = {
    {0, 16, 17, 1, {4}},  // inner_inner_d0_bias
    {64, 96, 17, 1, {24}},  // inner_inner_d0_kernel
    {192, 24, 17, 1, {6}},  // inner_inner_d1_bias
    {256, 128, 17, 1, {32}},  // inner_inner_d1_kernel
    {384, 12, 17, 1, {3}},  // out_bias
    {448, 72, 17, 1, {18}},  // out_kernel
};

}  // namespace

kr::Status load_weights(const void* file, kr::Size bytes, Prepared& p) noexcept {
  return kr::load_weights(file, bytes, {0xb6385de13e938989u, kEntries, 6, sizeof(Prepared)}, &p);
}

}  // namespace shared_layers
