// Attributes of HDF5 objects, read without libhdf5, whose own reader of them does not survive damaged files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/data/array.h"
#include "compiler/import/hdf5_structure.h"
#include "ir/support/result.h"

namespace keratin {

/// The value of an attribute message (versions 1 to 3) of that name in an object's header; nullopt where there is none. A scalar has the
/// shape (). Errors as in hdf5_structure.h: damage of this attribute, a type that Array does not hold, dense storage.
Result<std::optional<Array>> read_hdf5_attribute(const Hdf5Image& image, const Hdf5Messages& object, std::string_view name);

struct Hdf5Attribute {
  std::string name;
  Array value;
  bool variable = false;  // texts of variable length, as h5py writes str; else of one length, as it writes arrays of bytes
};

/// All attributes of an object. Errors: one that cannot be read.
Result<std::vector<Hdf5Attribute>> read_hdf5_attributes(const Hdf5Image& image, const Hdf5Messages& object);

}  // namespace keratin
