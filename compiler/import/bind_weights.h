// Which array of a file belongs to which weight: by container path (Keras 3), by position (legacy HDF5), by weight path (npz).
#pragma once

#include <string>

#include "compiler/graph/model.h"
#include "compiler/import/weight_store.h"
#include "compiler/problems.h"
#include "ir/program.h"

namespace keratin {

/// Gives every weight that the model's expansion declared its stored value. Arrays that are absent or of another shape are problems that
/// name layer, weight, what was found and what is needed.
void bind_weights(ir::Program& program, const Model& model, const WeightStore& store, const std::string& file, Problems& problems);

/// The group name of a class in Keras 3's weight files: `batch_normalization`.
std::string snake_case(std::string_view class_name);

/// Keras's trainable_weights and non_trainable_weights of a layer, which the order in legacy files follows; `keras2` is 2.0 to 2.3.
std::vector<Weight*> trainable_weights(const Layer& layer);
std::vector<Weight*> non_trainable_weights(const Layer& layer, bool keras2 = false);

/// All weights below a layer in the order of `layer.weights`: own, then those of its parts.
std::vector<Weight*> all_weights(const Layer& layer);

}  // namespace keratin
