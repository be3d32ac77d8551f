#include "tests/compiler/import/hdf5_writer.h"

#include <catch2/catch.hpp>

namespace keratin {

namespace {

std::vector<hsize_t> extents(const std::vector<int64_t>& shape) { return {shape.begin(), shape.end()}; }

hid_t dataspace(const std::vector<int64_t>& shape) {
  const std::vector<hsize_t> dims = extents(shape);
  return shape.empty() ? H5Screate(H5S_SCALAR) : H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr);
}

hid_t native_type(DType dtype) {
  switch (dtype) {
    case DType::int8: return H5T_NATIVE_INT8;
    case DType::uint8: return H5T_NATIVE_UINT8;
    case DType::int16: return H5T_NATIVE_INT16;
    case DType::uint16: return H5T_NATIVE_UINT16;
    case DType::int32: return H5T_NATIVE_INT32;
    case DType::int64: return H5T_NATIVE_INT64;
    case DType::float32: return H5T_NATIVE_FLOAT;
    case DType::float64: return H5T_NATIVE_DOUBLE;
    default: FAIL("the writer does not make this type"); return -1;
  }
}

hid_t variable_text() {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

}  // namespace

Hdf5Writer::Hdf5Writer(bool latest) {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fapl_core(access, 1 << 16, false);
  if (latest) H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
  static int made = 0;  // two open files need two names
  file_ = H5Fcreate(("in memory " + std::to_string(++made)).c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  H5Pclose(access);
  REQUIRE(file_ >= 0);
}

Hdf5Writer::~Hdf5Writer() { H5Fclose(file_); }

void Hdf5Writer::group(const std::string& path) { H5Gclose(H5Gcreate2(file_, path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)); }

void Hdf5Writer::write(const std::string& path, hid_t file_type, hid_t memory_type, const std::vector<int64_t>& shape, hid_t properties,
                       const void* elements) {
  const hid_t space = dataspace(shape);
  const hid_t dataset = H5Dcreate2(file_, path.c_str(), file_type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  REQUIRE(dataset >= 0);
  if (elements) REQUIRE(H5Dwrite(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, elements) >= 0);
  H5Dclose(dataset);
  H5Sclose(space);
}

void Hdf5Writer::dataset(const std::string& path, const Array& array) {
  const std::byte nothing{};
  dataset(path, native_type(array.dtype), native_type(array.dtype), array.shape, array.bytes.empty() ? &nothing : array.bytes.data());
}

void Hdf5Writer::dataset(const std::string& path, hid_t file_type, hid_t memory_type, const std::vector<int64_t>& shape,
                         const void* elements) {
  write(path, file_type, memory_type, shape, H5P_DEFAULT, elements);
}

void Hdf5Writer::chunked(const std::string& path, const Array& array, const std::vector<int64_t>& chunk, bool compressed) {
  const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(properties, static_cast<int>(chunk.size()), extents(chunk).data());
  if (compressed) {
    H5Pset_shuffle(properties);
    H5Pset_deflate(properties, 6);
    H5Pset_fletcher32(properties);
  }
  write(path, native_type(array.dtype), native_type(array.dtype), array.shape, properties, array.bytes.data());
  H5Pclose(properties);
}

void Hdf5Writer::chunked_without_chunks(const std::string& path, const std::vector<int64_t>& shape) {
  const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  const std::vector<hsize_t> chunk(shape.size(), 8);
  H5Pset_chunk(properties, static_cast<int>(chunk.size()), chunk.data());
  write(path, H5T_NATIVE_FLOAT, H5T_NATIVE_FLOAT, shape, properties, nullptr);
  H5Pclose(properties);
}

void Hdf5Writer::unwritten(const std::string& path, const std::vector<int64_t>& shape, std::optional<float> fill) {
  const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  if (fill) H5Pset_fill_value(properties, H5T_NATIVE_FLOAT, &*fill);
  write(path, H5T_NATIVE_FLOAT, H5T_NATIVE_FLOAT, shape, properties, nullptr);
  H5Pclose(properties);
}

void Hdf5Writer::external(const std::string& path, const std::string& file) {
  const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_external(properties, file.c_str(), 0, 4);
  write(path, H5T_NATIVE_UINT8, H5T_NATIVE_UINT8, {4}, properties, nullptr);
  H5Pclose(properties);
}

void Hdf5Writer::soft_link(const std::string& path, const std::string& target) {
  H5Lcreate_soft(target.c_str(), file_, path.c_str(), H5P_DEFAULT, H5P_DEFAULT);
}

void Hdf5Writer::external_link(const std::string& path, const std::string& file, const std::string& target) {
  H5Lcreate_external(file.c_str(), target.c_str(), file_, path.c_str(), H5P_DEFAULT, H5P_DEFAULT);
}

/// A float type with a name of its own, and a scalar dataset of that type.
void Hdf5Writer::committed_type(const std::string& path, const std::string& dataset) {
  const hid_t type = H5Tcopy(H5T_IEEE_F32LE);
  REQUIRE(H5Tcommit2(file_, path.c_str(), type, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT) >= 0);
  const float value = 1;
  write(dataset, type, H5T_NATIVE_FLOAT, {}, H5P_DEFAULT, &value);
  H5Tclose(type);
}

/// Four floats that stand in another file's dataset.
void Hdf5Writer::virtual_dataset(const std::string& path, const std::string& file, const std::string& source) {
  const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  const hid_t space = dataspace({4});
  REQUIRE(H5Pset_virtual(properties, space, file.c_str(), source.c_str(), space) >= 0);
  write(path, H5T_NATIVE_FLOAT, H5T_NATIVE_FLOAT, {4}, properties, nullptr);
  H5Sclose(space);
  H5Pclose(properties);
}

void Hdf5Writer::chunked_texts(const std::string& path, const std::vector<std::string>& texts) {
  const hid_t properties = H5Pcreate(H5P_DATASET_CREATE), type = variable_text();
  const hsize_t chunk = 1;
  H5Pset_chunk(properties, 1, &chunk);
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  write(path, type, type, {static_cast<int64_t>(texts.size())}, properties, pointers.data());
  H5Tclose(type);
  H5Pclose(properties);
}

void Hdf5Writer::hard_link(const std::string& target, const std::string& path) {
  H5Lcreate_hard(file_, target.c_str(), file_, path.c_str(), H5P_DEFAULT, H5P_DEFAULT);
}

void Hdf5Writer::attribute(const std::string& object, const std::string& name, hid_t type, std::optional<size_t> count,
                           const void* values) {
  const hid_t space = dataspace(count ? std::vector<int64_t>{static_cast<int64_t>(*count)} : std::vector<int64_t>());
  const hid_t made = H5Acreate_by_name(file_, object.empty() ? "." : object.c_str(), name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT,
                                       H5P_DEFAULT);
  REQUIRE(made >= 0);
  if (values) REQUIRE(H5Awrite(made, type, values) >= 0);
  H5Aclose(made);
  H5Sclose(space);
}

void Hdf5Writer::text_attribute(const std::string& object, const std::string& name, const std::string& text) {
  const hid_t type = variable_text();
  const char* pointer = text.c_str();
  attribute(object, name, type, std::nullopt, &pointer);
  H5Tclose(type);
}

void Hdf5Writer::list_attribute(const std::string& object, const std::string& name, const std::vector<std::string>& texts) {
  const hid_t type = variable_text();
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  attribute(object, name, type, texts.size(), pointers.data());
  H5Tclose(type);
}

void Hdf5Writer::fixed_text_attribute(const std::string& object, const std::string& name, const std::vector<std::string>& texts,
                                      size_t size) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, size);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  std::string joined;
  for (std::string text : texts) {
    text.resize(size);
    joined += text;
  }
  attribute(object, name, type, texts.size(), joined.data());
  H5Tclose(type);
}

void Hdf5Writer::empty_float_attribute(const std::string& object, const std::string& name) {
  attribute(object, name, H5T_IEEE_F64LE, 0, nullptr);
}

Bytes Hdf5Writer::image() const {
  H5Fflush(file_, H5F_SCOPE_GLOBAL);
  const ssize_t size = H5Fget_file_image(file_, nullptr, 0);
  REQUIRE(size > 0);
  auto [bytes, memory] = Bytes::allocate(static_cast<size_t>(size));
  REQUIRE(H5Fget_file_image(file_, memory, static_cast<size_t>(size)) == size);
  return bytes;
}

}  // namespace keratin
