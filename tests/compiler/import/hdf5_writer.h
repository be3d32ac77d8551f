// Hdf5Writer: makes HDF5 images in memory for tests, with libhdf5.
#pragma once

#include <hdf5.h>

#include <optional>
#include <string>
#include <vector>

#include "compiler/data/array.h"
#include "compiler/data/file_bytes.h"

namespace keratin {

/// Objects are named by paths, the root is "". Groups must be made before their members.
class Hdf5Writer {
 public:
  /// `latest` writes object headers of version 2, link messages and a superblock of version 3.
  explicit Hdf5Writer(bool latest = false);
  ~Hdf5Writer();
  Hdf5Writer(const Hdf5Writer&) = delete;
  Hdf5Writer& operator=(const Hdf5Writer&) = delete;

  void group(const std::string& path);
  void dataset(const std::string& path, const Array& array);
  void dataset(const std::string& path, hid_t file_type, hid_t memory_type, const std::vector<int64_t>& shape, const void* elements);
  void chunked(const std::string& path, const Array& array, const std::vector<int64_t>& chunk, bool compressed);
  void chunked_without_chunks(const std::string& path, const std::vector<int64_t>& shape);
  void unwritten(const std::string& path, const std::vector<int64_t>& shape, std::optional<float> fill);
  void external(const std::string& path, const std::string& file);
  void soft_link(const std::string& path, const std::string& target);
  void external_link(const std::string& path, const std::string& file, const std::string& target);
  void committed_type(const std::string& path, const std::string& dataset);
  void virtual_dataset(const std::string& path, const std::string& file, const std::string& source);
  void chunked_texts(const std::string& path, const std::vector<std::string>& texts);
  void hard_link(const std::string& target, const std::string& path);

  /// A scalar of variable length, as h5py writes a str.
  void text_attribute(const std::string& object, const std::string& name, const std::string& text);
  /// Variable length.
  void list_attribute(const std::string& object, const std::string& name, const std::vector<std::string>& texts);
  /// Fixed length, filled with NUL, as h5py writes an array of bytes.
  void fixed_text_attribute(const std::string& object, const std::string& name, const std::vector<std::string>& texts, size_t size);
  /// A float64 array of shape (0,), which Keras writes for an empty list.
  void empty_float_attribute(const std::string& object, const std::string& name);

  /// What the file would hold.
  Bytes image() const;

 private:
  void write(const std::string& path, hid_t file_type, hid_t memory_type, const std::vector<int64_t>& shape, hid_t properties,
             const void* elements);
  void attribute(const std::string& object, const std::string& name, hid_t type, std::optional<size_t> count, const void* values);

  hid_t file_;
};

}  // namespace keratin
