// Models drawn at random, as the JSON that Keras 3 would have written.
#pragma once

#include <cstdint>
#include <string>

namespace keratin {

/// A functional model: images or sequences through random layers with random arguments, branches that meet again, shared layers, one or
/// two outputs. The same text for the same seed.
std::string random_model(uint64_t seed);

}  // namespace keratin
