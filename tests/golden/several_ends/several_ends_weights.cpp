// The weights of several_ends.h. Source: k2_several_inputs_outputs.h5 (Keras 2.21.0). Made by Keratin 0.1.0; this output is yours, without conditions.
#include "several_ends.h"

#include "keratin/runtime/weights_file.h"

namespace several_ends {
namespace {

constexpr Prepared kPrepared = {
    // p_bias
    {0.11815193f, -0.30965054f, -0.2706961f},
    // p_kernel
    {0.045764264f, 0.008515005f, 0.046255287f, -0.39875647f, -0.21898764f, 0.6299457f, 0.06443837f, -0.45699713f, 0.02638704f,
     -0.09651893f, 0.077687934f, -0.21999976f, -0.389734f, 0.29921746f, 0.15192823f, 0.009859067f, 0.2688644f, 0.3224106f, 0.45810163f,
     -0.48047867f, 0.024154851f, -0.06844224f, 0.4652528f, -0.18276769f, -0.005655915f, -0.18385227f, -0.39619544f, 0.17564678f,
     -0.14501378f, -0.014277039f, 0.027009904f, 0.025534833f, -0.062536374f, 0.032180138f, -0.19201097f, 0.22280361f},
    // q_bias
    {-0.2054486f, 0.12065109f},
    // q_kernel
    {0.38752395f, 0.030436153f, -0.049420606f, -0.07677132f, -0.24388915f, -0.007789397f, -0.25985035f, 0.16434212f, -0.24922329f,
     0.04426632f, 0.15031533f, 0.07129786f, -0.28183576f, 0.19283848f, -0.5651116f, 0.3443966f, -0.17010643f, 0.13363221f, 0.03182046f,
     -0.24206088f, -0.27734798f, 0.27456707f, 0.040910542f, 0.024533285f},
};

}  // namespace

const Prepared& prepared() noexcept { return kPrepared; }

namespace {

/// Place, bytes, element type, rank and extents of every array in Prepared.
constexpr kr::WeightsEntry kEntries[] = {
    {0, 12, 17, 1, {3}},  // p_bias
    {64, 144, 17, 1, {36}},  // p_kernel
    {256, 8, 17, 1, {2}},  // q_bias
    {320, 96, 17, 1, {24}},  // q_kernel
};

}  // namespace

kr::Status load_weights(const void* file, kr::Size bytes, Prepared& p) noexcept {
  return kr::load_weights(file, bytes, {0xad2c7de940f442ebu, kEntries, 4, sizeof(Prepared)}, &p);
}

}  // namespace several_ends
