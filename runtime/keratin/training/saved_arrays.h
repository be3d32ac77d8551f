// Weights and the optimizer's state of an emitted model as an .npz file: arrays by weight path, `optimizer/...` for the rest.
#pragma once
#include <cstring>
#include <string>
#include <vector>

#include "keratin/training/npz_reader.h"

KR_BEGIN_NAMESPACE

/// An array in the caller's structs.
struct SavedArray {
  const char* name;
  const char* type;  // as NumPy writes it
  std::vector<Size> shape;
  void* data;
  Size bytes;
};

template <class T>
SavedArray saved_array(const char* name, std::vector<Size> shape, T* data) {
  Size count = 1;
  for (Size extent : shape) count *= extent;
  return {name, npy_type<T>(), std::move(shape), data, count * static_cast<Size>(sizeof(T))};
}

/// Written beside and renamed: the file is complete, or as before.
inline Outcome save_arrays(const std::string& path, const std::vector<SavedArray>& arrays) {
  NpzWriter writer;
  Outcome done = writer.open(path);
  for (const SavedArray& array : arrays)
    if (done) done = writer.add(array.name, array.type, array.shape, array.data, array.bytes);
  return done ? writer.close() : done;
}

/// All arrays or none: nothing is changed unless every one is there with its type and shape.
inline Outcome load_arrays(const std::string& path, const std::vector<SavedArray>& arrays) {
  NpzReader reader;
  if (Outcome opened = reader.open(path); !opened) return opened;
  std::vector<std::vector<unsigned char>> contents;
  for (const SavedArray& array : arrays) {
    const NpzEntry* entry = reader.find(array.name);
    if (!entry) return {StatusCode::bad_weights, path + ": holds no array '" + array.name + "'"};
    if (entry->type != array.type || entry->shape != array.shape) return {StatusCode::bad_weights, path + ": " + array.name + " has another type or shape than the model's"};
    contents.emplace_back(static_cast<size_t>(array.bytes));
    if (Outcome read = reader.read(*entry, contents.back().data()); !read) return read;
  }
  for (size_t i = 0; i < arrays.size(); ++i) std::memcpy(arrays[i].data, contents[i].data(), contents[i].size());
  return {};
}

/// The status without the text of its own.
inline Status plain_status(const Outcome& outcome) {
  if (outcome) return {};
  return {outcome.code, outcome.code == StatusCode::bad_weights ? "the file is damaged, or of another model" : "the file cannot be read or written"};
}

KR_END_NAMESPACE
