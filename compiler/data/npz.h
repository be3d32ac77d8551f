// Named arrays in files: .npz archives and single .npy files, as numpy reads and writes them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/data/array.h"
#include "compiler/data/zip.h"
#include "ir/support/result.h"

namespace keratin {

using NamedArray = std::pair<std::string, Array>;
using NamedArrays = std::vector<NamedArray>;

/// The array of that name, or nullptr.
const Array* find_array(const NamedArrays& arrays, std::string_view name);

/// An .npz archive whose arrays are read when asked for.
class NpzFile {
 public:
  struct Entry {
    std::string name;  // as in the archive, without `.npy`
    DType dtype;
    std::vector<int64_t> shape;
  };

  static Result<NpzFile> open(const std::string& path);
  /// `name` stands in messages. Errors: no zip archive, an entry that is no array or one that cannot be read.
  static Result<NpzFile> open(Bytes bytes, const std::string& name);

  const std::vector<Entry>& entries() const { return entries_; }
  Result<Array> read(size_t entry) const;

 private:
  explicit NpzFile(ZipReader zip) : zip_(std::move(zip)) {}

  ZipReader zip_;
  std::vector<Entry> entries_;  // in the order of zip_.entries()
};

/// All arrays of an .npz file, or the one of an .npy file under the name "". Told apart by content.
Result<NamedArrays> read_arrays(const std::string& path);

/// Stored entries, byte-identical for equal arrays. The file appears complete or not at all.
Result<Done> write_npz(const std::string& path, const NamedArrays& arrays);

}  // namespace keratin
