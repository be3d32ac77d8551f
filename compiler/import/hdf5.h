// Hdf5File: an HDF5 image in memory. Structure, attributes and plain datasets are read by code of ours; libhdf5 only for datasets whose
// elements are in chunks, because a damaged file can take it down.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/data/array.h"
#include "compiler/data/file_bytes.h"
#include "compiler/import/hdf5_attributes.h"
#include "compiler/import/hdf5_elements.h"
#include "compiler/import/hdf5_structure.h"
#include "ir/support/result.h"

namespace keratin {

struct Hdf5Dataset {
  std::string path;              // from the root, without a slash in front
  std::optional<DType> dtype;    // nullopt where elements cannot be read
  std::string type_name;         // for messages: `float32`, or HDF5's word for a type without dtype
  std::vector<int64_t> shape;

  // where the elements are
  enum class Layout { contiguous, compact, chunked };
  Layout layout = Layout::contiguous;
  std::string obstacle;             // why they cannot be read, if so
  std::span<const std::byte> data;  // contiguous and compact
  bool allocated = true;            // false: never written, all elements are the fill value
  Hdf5Datatype type;
};

bool looks_like_hdf5(std::span<const std::byte> content);

class Hdf5File {
 public:
  /// `name` stands in messages. Errors: cut off, damaged, structures of HDF5's latest format.
  static Result<Hdf5File> open(Bytes bytes, std::string name);
  Hdf5File(Hdf5File&&) = default;
  Hdf5File& operator=(Hdf5File&&) = default;

  const std::string& name() const { return name_; }
  /// Depth first, members of a group sorted by name.
  const std::vector<Hdf5Dataset>& datasets() const { return datasets_; }
  const Hdf5Dataset* find(std::string_view path) const;
  /// The root is the group "".
  bool has_group(std::string_view path) const;
  /// The names of a group's members.
  std::vector<std::string> members(std::string_view group) const;

  /// Errors: more than `max_bytes`, an element type that Array does not hold, damage, a filter that libhdf5 lacks.
  Result<Array> read(const Hdf5Dataset& dataset, uint64_t max_bytes = uint64_t{1} << 40) const;

  /// The attribute of a group or dataset; nullopt where it or the object is absent.
  Result<std::optional<Array>> attribute(std::string_view object, std::string_view attribute_name) const;
  /// All attributes of a group or dataset, which must be there.
  Result<std::vector<Hdf5Attribute>> attributes(std::string_view object) const;
  /// A text attribute of one element.
  Result<std::optional<std::string>> text_attribute(std::string_view object, std::string_view attribute_name) const;
  /// A list of texts, which Keras splits into `name0`, `name1`, ... where it is long. An empty list may have any element type.
  Result<std::optional<std::vector<std::string>>> list_attribute(std::string_view object, std::string_view attribute_name) const;

 private:
  Hdf5File() = default;

  class Indexer;
  Error fail(const std::string& phrase) const;

  std::string name_;
  Bytes bytes_;
  Hdf5Image image_;
  std::vector<Hdf5Dataset> datasets_;
  std::unordered_map<std::string, size_t> dataset_at_;    // path -> datasets_
  std::unordered_map<std::string, uint64_t> headers_;     // path of every group and dataset -> its object header
  std::unordered_map<std::string, std::vector<std::string>> members_;  // of groups
};

/// Raw elements of a chunked dataset, in the file's own element type and byte order. Serialised: libhdf5 is not safe for threads. The error
/// is a phrase as in hdf5_structure.h.
Result<std::vector<std::byte>> read_chunked_with_library(const Bytes& file, const Hdf5Dataset& dataset);

}  // namespace keratin
