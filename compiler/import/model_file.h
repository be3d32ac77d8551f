// ModelFile: what a model file holds, whatever its container: configuration, compile configuration and weights. Nothing is interpreted
// here beyond finding these.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "compiler/import/archive.h"
#include "compiler/import/weight_store.h"
#include "compiler/json/json.h"
#include "ir/support/result.h"

namespace keratin {

enum class Container { keras_archive, hdf5, json };

struct ModelFile {
  std::string path;
  Container container = Container::keras_archive;
  Json config;           // the object with `class_name` and `config`
  Json compile_config;   // of Keras 3, in .keras and JSON; null where absent
  Json training_config;  // of .h5 files: {optimizer_config, loss, ...}; null where absent
  /// As the file says (`3.15.1`, `2.2.4-tf`). Where it does not: "3" for objects with a `module`, else "1", which did not say it.
  std::string keras_version;
  std::string backend;   // `tensorflow`, `theano`, ...; empty where the file does not say it
  SharedWeights weights;                        // null where there are none: an architecture alone
  std::shared_ptr<const KerasArchive> archive;  // of a .keras file, for its assets; else null
  std::shared_ptr<const Hdf5File> hdf5;         // an .h5 file itself; else null
};

/// Reads a .keras archive, an .h5 file or a .json architecture, told by content. With `weights_path` the weights come from that file
/// (open_weight_file), and those of the model file are not looked at.
/// Errors name the file: empty; a Git LFS pointer; a SavedModel; neither zip nor HDF5 nor JSON; damaged; HDF5 with weights but without an
/// architecture; JSON that is no architecture.
Result<ModelFile> read_model_file(const std::string& path, const std::optional<std::string>& weights_path = std::nullopt);

/// The error of a command that wants the weights of a model without any.
Error missing_weights_error(const ModelFile& file);

}  // namespace keratin
