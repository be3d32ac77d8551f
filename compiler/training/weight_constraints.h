// The constraints of a model's weights, from the configs of their layers.
#pragma once

#include <utility>
#include <vector>

#include "compiler/graph/model.h"
#include "compiler/problems.h"
#include "compiler/training/optimizers/optimizer.h"

namespace keratin {

/// Constraints by weight. Problems name file, layer and key: one that is not known, or that belongs to no weight of the layer.
std::vector<std::pair<ir::VariableId, Constraint>> weight_constraints(const Model& model, const std::string& file, Problems& problems);

}  // namespace keratin
