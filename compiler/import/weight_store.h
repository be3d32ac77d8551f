// WeightStore: the arrays of a weight file, in the order and under the names of that file. Which of them belongs to which layer is for
// others to say. Elements are read when they are asked for.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/data/array.h"
#include "compiler/data/file_bytes.h"
#include "ir/support/result.h"

namespace keratin {

class Hdf5File;
class NpzFile;

/// What is known of an array without reading its elements.
struct StoredArray {
  std::string path;            // see WeightLayout; unique in its store
  std::optional<DType> dtype;  // nullopt: of a type that cannot be read
  std::vector<int64_t> shape;
  size_t file = 0;             // which of the store's files
  std::string location;        // dataset path or entry name in that file, for messages
};

enum class WeightLayout {
  object_paths,  // model.weights.h5, .weights.h5, shards: `layers/dense/vars/0`, after canonical_object_paths
  layer_lists,   // legacy .h5: ordered lists per layer; paths are `<layer>/<weight name>` as the file's attributes give them
  weight_paths,  // .npz: `dense/kernel`
};

class WeightStore {
 public:
  /// The arrays of one layer of a legacy file, in the order of its attribute `weight_names`.
  struct Layer {
    std::string name;
    std::vector<size_t> arrays;  // indices into arrays()
  };

  WeightLayout layout() const { return layout_; }
  /// The file, for messages: `digits.keras: model.weights.h5`.
  const std::string& name() const { return name_; }

  const std::vector<StoredArray>& arrays() const { return arrays_; }
  const StoredArray* find(std::string_view path) const;
  /// Errors name the file and the array. Callers compare the shape with what they expect before they read.
  Result<Array> read(const StoredArray& array) const;

  /// layer_lists: all layers in the order of the attribute `layer_names`, those without weights too.
  const std::vector<Layer>& layers() const { return layers_; }
  /// layer_lists: weights of the model itself, `top_level_model_weights` of TensorFlow 2.7 and later.
  const std::vector<size_t>& top_level() const { return top_level_; }
  /// layer_lists: the group `optimizer_weights` in the order of its attribute; paths begin with `optimizer_weights/`.
  const std::vector<size_t>& optimizer() const { return optimizer_; }
  /// layer_lists: Keras version and backend of the group that holds the weights; empty where absent, as in Keras 1.
  const std::string& keras_version() const { return keras_version_; }
  const std::string& backend() const { return backend_; }

  /// The HDF5 files that the arrays are in, by StoredArray::file; null where that is an .npz archive.
  std::vector<std::shared_ptr<const Hdf5File>> hdf5_files() const;

  /// object_paths: the attribute `name` of the group an array stands in, which Keras 3.6 and later set to the layer's name; nullopt before.
  Result<std::optional<std::string>> owner_name(const StoredArray& array) const;

 private:
  friend class WeightStoreBuilder;

  struct File;

  WeightLayout layout_ = WeightLayout::object_paths;
  std::string name_;
  std::vector<std::shared_ptr<const File>> files_;
  std::vector<StoredArray> arrays_;
  std::unordered_map<std::string, size_t> by_path_;
  std::vector<Layer> layers_;
  std::vector<size_t> top_level_, optimizer_;
  std::string keras_version_, backend_;
};

using SharedWeights = std::shared_ptr<const WeightStore>;

/// A file given as `--weights`, told by its content: HDF5 of either layout, a .weights.json list with its parts beside it, an .npz archive,
/// or the weights of a .keras archive.
Result<SharedWeights> open_weight_file(const std::string& path);

/// The weights of an HDF5 file that is open: layer lists where it has the attribute `layer_names` (at its root or in `model_weights`),
/// else object paths. Errors: neither.
Result<SharedWeights> open_hdf5_weights(std::shared_ptr<const Hdf5File> file);

/// True where open_hdf5_weights would find weights.
bool holds_weights(const Hdf5File& file);

}  // namespace keratin
