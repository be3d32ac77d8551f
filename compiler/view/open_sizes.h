// Expansion of a model whose inputs have open dimensions, for those who look at the model and run nothing.
#pragma once

#include <optional>

#include "compiler/expand.h"

namespace keratin {

/// Two expansions; where the inputs have open dimensions these have different sizes in them, so what differs is open, too. The layers'
/// weights are declared by the second one.
struct TwoExpansions {
  ExpandedModel second;
  std::vector<Model::CallTypes> first_calls, second_calls;  // of the outermost graph
  bool differ = false;                                      // false: nothing is open, and there is no first one
};

/// Declares every weight anew: earlier expansions of these layers are void. Tries several pairs of sizes; the problems are those of the last.
std::optional<TwoExpansions> expand_at_two_sizes(Model& model, const std::string& file, Problems& problems);

/// Forgets the weights that an expansion declared, so that the model can be expanded again.
void forget_weights(Layer& layer);

}  // namespace keratin
