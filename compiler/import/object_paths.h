// The names of datasets in model.weights.h5, which follow the tree of Python objects, brought into the form that Keras 3 writes.
#pragma once

#include <string>
#include <vector>

namespace keratin {

/// TensorFlow 2.12 to 2.14 kept layers under `_layer_checkpoint_dependencies` instead of `layers`, on Windows with a backslash in group
/// names, and 2.12 and 2.13 counted each layer that has weights twice (`dense`, `dense_2`, `dense_4`). The result has one path per path
/// given, in the same order: `layers/dense_1/vars/0`. Paths that Keras 3 writes come back unchanged.
std::vector<std::string> canonical_object_paths(const std::vector<std::string>& paths);

}  // namespace keratin
