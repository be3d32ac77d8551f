// Hdf5Content: what an HDF5 file is to hold, as a tree in memory. Arrays of files are read when they are written.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "compiler/data/array.h"
#include "compiler/data/file_bytes.h"
#include "compiler/import/hdf5.h"
#include "ir/support/result.h"

namespace keratin {

class Hdf5Content {
 public:
  struct Dataset {
    std::function<Result<Array>()> read;
    std::vector<Hdf5Attribute> attributes;
  };

  /// Paths as in Hdf5File: the root is "", no slash in front. Groups stand before their members.
  const std::map<std::string, std::vector<Hdf5Attribute>>& groups() const { return groups_; }
  const std::map<std::string, Dataset>& datasets() const { return datasets_; }

  /// Makes the group and those it stands in, where they are not there yet.
  void add_group(const std::string& path);
  /// Adds or replaces a dataset; attributes of the replaced one stay.
  void set(const std::string& path, Array array);
  void set(const std::string& path, std::function<Result<Array>()> read);
  /// Adds or replaces an attribute of a group.
  void set_attribute(const std::string& group, Hdf5Attribute attribute);
  void remove_attribute(const std::string& group, const std::string& name);
  /// A text of variable length, as h5py writes str.
  void set_text(const std::string& group, const std::string& name, std::string text);
  /// A list of texts as Keras writes it: lists of more than 64512 bytes in parts `name0`, `name1`, ...; an empty one as float64 of shape (0,).
  void set_list(const std::string& group, const std::string& name, const std::vector<std::string>& texts);
  /// Removes a group with all in it.
  void remove(const std::string& group);

  /// Adds all of a file, of whose groups and arrays none may be here yet. Errors: objects or attributes that cannot be read.
  Result<Done> add_file(const std::shared_ptr<const Hdf5File>& file);

 private:
  Result<Done> add_members(const std::shared_ptr<const Hdf5File>& file, const std::string& group);

  std::map<std::string, std::vector<Hdf5Attribute>> groups_{{"", {}}};
  std::map<std::string, Dataset> datasets_;
};

/// The file's bytes, which depend on nothing but the content: old-style groups and contiguous datasets, as h5py writes. Errors name `label`:
/// arrays that cannot be read, what the format does not take.
Result<Bytes> hdf5_image(const Hdf5Content& content, const std::string& label);

}  // namespace keratin
