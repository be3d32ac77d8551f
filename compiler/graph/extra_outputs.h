// Further outputs of a model by layer name: `compile --output LAYER`.
#pragma once

#include <string>
#include <vector>

#include "compiler/graph/model.h"
#include "compiler/problems.h"

namespace keratin {

/// Adds the results of these layers' calls to the model's outputs. A layer is named as in its model, or by the way to it through nested models,
/// `encoder/dense_1`; `:1` at the end takes its second result. Problems: no such layer, several of that name, a layer called several times.
void add_outputs(Model& model, const std::vector<std::string>& wanted, const std::string& file, Problems& problems);

}  // namespace keratin
