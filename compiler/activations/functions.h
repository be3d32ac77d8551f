// The table of activation functions: name and what it expands to (keras.activations).
#pragma once

#include <span>
#include <string_view>

#include "compiler/layers/call_context.h"

namespace keratin {

struct ActivationFunction {
  std::string_view name;
  Val (*build)(CallContext& ctx, const Json& arguments, Val x);
};

std::span<const ActivationFunction> activation_functions();

// Used by layers too.
/// max(x, 0) with gradient 0 at 0.
Val relu(Val x);
/// x > threshold ? min(x, max_value) : negative_slope * (x - threshold).
Val relu(Val x, double negative_slope, std::optional<double> max_value, double threshold);
/// Max-shifted, over one axis or jointly over several: a composite of kind `softmax`.
Val softmax(Val x, std::vector<int> axes);

}  // namespace keratin
