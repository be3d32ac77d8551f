// One array in numpy's .npy format, versions 1 to 3 (numpy.lib.format).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/data/array.h"
#include "ir/support/result.h"

namespace keratin {

struct NpyHeader {
  DType dtype = DType::float32;
  std::vector<int64_t> shape;
  char kind = 'f';          // numpy's: b, i, u, f, V (bfloat16), U (UTF-32 text) or S (bytes)
  bool big_endian = false;
  bool fortran_order = false;
  int64_t item_size = 4;    // bytes in the file; 4 per character of U
  int64_t data_bytes = 0;   // item_size times the number of elements
  size_t data_offset = 0;   // from the beginning of the file
};

inline bool looks_like_npy(std::string_view content) { return content.starts_with("\x93NUMPY"); }

/// The header at the beginning of `bytes`, which may end anywhere behind it. Messages begin with `name`. Errors: damage, and what Array
/// does not hold, by numpy's name for it: Python objects, complex numbers, structures, dates.
Result<NpyHeader> parse_npy_header(std::span<const std::byte> bytes, const std::string& name);

/// A whole .npy file. Two-byte void elements, which numpy makes of bfloat16, are bfloat16.
Result<Array> parse_npy(std::span<const std::byte> bytes, const std::string& name);

/// Version 1, little endian, C order, the header padded to 64 bytes as numpy does it. Strings become `<U`.
std::vector<std::byte> npy_header(const Array& array);
/// The elements as they stand in the file after that header; strings only, other arrays are stored as their bytes.
std::vector<std::byte> npy_text(const Array& array);

}  // namespace keratin
