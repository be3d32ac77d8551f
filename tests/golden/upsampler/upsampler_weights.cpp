// The weights of upsampler.h. Source: conv2d_transpose_same.keras (Keras 3.15.1). Made by Keratin 0.1.0; this output is yours, without conditions.
#include "upsampler.h"

#include "keratin/runtime/weights_file.h"

namespace upsampler {
namespace {

constexpr Prepared kPrepared = {
    // conv_bias
    {0.2735083f, -0.33195078f},
    // conv_kernel
    {0.057932302f, -0.05779976f, -0.16558592f, 0.15148422f, 0.08049086f, -0.33889544f, -0.16117129f, -0.037648186f, -0.3315704f,
     0.04261615f, 0.23728642f, 0.21526156f, 0.10927127f, 0.21493688f, -0.3126084f, -0.13694173f, -0.34216678f, -0.24992132f, -0.08380494f,
     -0.12402147f, -0.18340498f, 0.32490715f, -0.27216512f, -0.20191768f, 0.08642448f, -0.08253418f, 0.026640605f, -0.33623025f,
     0.28561336f, 0.36077628f, -0.23680224f, 0.10807064f, 0.11243502f, 0.05989381f, -0.0010098896f, -0.060310297f, -0.07888516f,
     0.13170664f, 0.2321809f, 0.27349958f, -0.0944876f, 0.033873167f, 0.23068601f, 0.19527487f, -0.14114717f, 0.10476547f, -0.051164363f,
     -0.1369098f, 0.04912677f, 0.22265509f, 0.08619829f, -0.15220343f, 0.024061542f, -0.24214019f},
};

}  // namespace

const Prepared& prepared() noexcept { return kPrepared; }

namespace {

/// Place, bytes, element type, rank and extents of every array in Prepared.
constexpr kr::WeightsEntry kEntries[] = {
    {0, 8, 17, 1, {2}},  // conv_bias
    {64, 216, 17, 1, {54}},  // conv_kernel
};

}  // namespace

kr::Status load_weights(const void* file, kr::Size bytes, Prepared& p) noexcept {
  return kr::load_weights(file, bytes, {0x45abd34176c56f1du, kEntries, 2, sizeof(Prepared)}, &p);
}

}  // namespace upsampler
