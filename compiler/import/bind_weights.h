// Which array of a file belongs to which weight: by container path (Keras 3), by position (legacy HDF5), by weight path (npz).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "compiler/graph/model.h"
#include "compiler/import/weight_store.h"
#include "compiler/problems.h"
#include "ir/program.h"

namespace keratin {

/// Gives every weight that the model's expansion declared its stored value. Arrays that are absent or of another shape are problems that
/// name layer, weight, what was found and what is needed.
void bind_weights(ir::Program& program, const Model& model, const WeightStore& store, const std::string& file, Problems& problems);

/// A weight and the array that keeps it.
struct WeightPlace {
  Weight* weight = nullptr;
  const StoredArray* array = nullptr;  // null: the file has none
  std::string expected;                // where it was looked for
};

/// Every place of every weight that the model's expansion declared: a weight of a shared layer can have several. Problems: another number of
/// layers or of a layer's weights than the file has.
std::vector<WeightPlace> locate_weights(const Model& model, const WeightStore& store, const std::string& file, Problems& problems);

/// A layer and the path of its group in a Keras 3 weight file: `layers/dense_1/`, the model's own is empty.
struct ObjectGroup {
  const Layer* layer;
  std::string path;
};

/// All layers in the order in which Keras 3 writes them, a shared one once. `holds_any` says whether a file has anything under a path: files
/// differ in the names of attributes.
std::vector<ObjectGroup> object_groups(const Model& model, const std::function<bool(const std::string&)>& holds_any);

/// The group name of a class in Keras 3's weight files: `batch_normalization`.
std::string snake_case(std::string_view class_name);

/// Keras's trainable_weights and non_trainable_weights of a layer, which the order in legacy files follows; `keras2` is 2.0 to 2.3.
std::vector<Weight*> trainable_weights(const Layer& layer);
std::vector<Weight*> non_trainable_weights(const Layer& layer, bool keras2 = false);

/// The weights of a layer of the outermost model in the order of a legacy file: those that are trained, then the others. Keras 2.0 to
/// 2.3 list a weight twice that is reached on two ways.
std::vector<Weight*> layer_list_weights(const Layer& layer, const KerasVersion& version);

/// All weights below a layer in the order of `layer.weights`: own, then those of its parts.
std::vector<Weight*> all_weights(const Layer& layer);

}  // namespace keratin
