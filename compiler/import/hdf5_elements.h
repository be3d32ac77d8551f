// Datatypes, dataspaces and elements of HDF5: what datasets and attributes have in common. Errors as in hdf5_structure.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/data/array.h"
#include "compiler/import/hdf5_structure.h"
#include "ir/support/result.h"

namespace keratin {

struct Hdf5Datatype {
  /// What Array calls it; nullopt for raw two-byte data, which are bfloat16 if the attribute `dtype` says so, and for unknown types.
  std::optional<DType> dtype;
  std::string name;          // for messages, where dtype is absent: `compound`
  bool is_void = false;      // raw data
  bool big_endian = false;
  bool variable = false;     // strings in the global heap
  uint8_t padding = 0;       // fixed strings: 0 ends at NUL, 1 filled with NUL, 2 filled with blanks
  uint64_t element_size = 0; // bytes in the file
};

/// Types that Array does not hold are no error here.
Result<Hdf5Datatype> parse_hdf5_datatype(std::span<const std::byte> message);

/// The extents; () for a scalar, (0,) for an empty dataspace.
Result<std::vector<int64_t>> parse_hdf5_dataspace(const Hdf5Image& image, std::span<const std::byte> message);

/// Bytes that so many elements take, or nullopt beyond 2^62.
std::optional<uint64_t> hdf5_data_size(const Hdf5Datatype& type, const std::vector<int64_t>& shape);

/// The elements in `data`, which must be of that size; `type.dtype` must be known. Variable-length strings come from the global heap.
Result<Array> decode_hdf5_elements(const Hdf5Image& image, const Hdf5Datatype& type, const std::vector<int64_t>& shape,
                                   std::span<const std::byte> data);

}  // namespace keratin
