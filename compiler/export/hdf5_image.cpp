// Hdf5Content -> bytes, by libhdf5 in memory.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/export/hdf5_content.h"
#include "compiler/import/hdf5_handle.h"
#include "ir/support/check.h"

namespace keratin {

namespace {

Hdf5Handle dataspace(const std::vector<int64_t>& shape) {
  const std::vector<hsize_t> extents(shape.begin(), shape.end());
  if (shape.empty()) return {H5Screate(H5S_SCALAR), H5Sclose};
  return {H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose};
}

hid_t float16() {
  const hid_t type = H5Tcopy(H5T_IEEE_F32LE);
  H5Tset_fields(type, 15, 10, 5, 0, 10);  // sign, exponent, mantissa
  H5Tset_size(type, 2);
  H5Tset_ebias(type, 15);
  return type;
}

/// h5py's booleans.
hid_t boolean() {
  const hid_t type = H5Tenum_create(H5T_NATIVE_INT8);
  for (const int8_t value : {int8_t{0}, int8_t{1}}) H5Tenum_insert(type, value ? "TRUE" : "FALSE", &value);
  return type;
}

hid_t variable_text() {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

hid_t fixed_text(size_t size) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, size);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  return type;
}

/// bfloat16 is raw to numpy, so to Keras.
hid_t raw_pairs() {
  const hid_t type = H5Tcreate(H5T_OPAQUE, 2);
  H5Tset_tag(type, "");
  return type;
}

hid_t number_type(DType dtype) {
  switch (dtype) {
    case DType::boolean: return boolean();
    case DType::int8: return H5Tcopy(H5T_STD_I8LE);
    case DType::uint8: return H5Tcopy(H5T_STD_U8LE);
    case DType::int16: return H5Tcopy(H5T_STD_I16LE);
    case DType::uint16: return H5Tcopy(H5T_STD_U16LE);
    case DType::int32: return H5Tcopy(H5T_STD_I32LE);
    case DType::uint32: return H5Tcopy(H5T_STD_U32LE);
    case DType::int64: return H5Tcopy(H5T_STD_I64LE);
    case DType::uint64: return H5Tcopy(H5T_STD_U64LE);
    case DType::float16: return float16();
    case DType::bfloat16: return raw_pairs();
    case DType::float32: return H5Tcopy(H5T_IEEE_F32LE);
    case DType::float64: return H5Tcopy(H5T_IEEE_F64LE);
    case DType::string: break;
  }
  IR_CHECK(false, "texts have another type");
  return -1;
}

/// Elements in the form that H5Dwrite and H5Awrite take.
struct Elements {
  explicit Elements(const Array& array, bool variable) : type(make_type(array, variable), H5Tclose) {
    static constexpr std::byte kNothing{};
    data = array.bytes.empty() ? &kNothing : array.bytes.data();
    if (array.dtype != DType::string) return;
    for (const std::string& text : array.strings) pointers.push_back(text.c_str());
    data = pointers.data();
    if (variable) return;
    const size_t size = longest(array);
    for (std::string text : array.strings) {
      text.resize(size);
      joined += text;
    }
    data = joined.data();
  }

  Hdf5Handle type;
  const void* data;

 private:
  static size_t longest(const Array& array) {
    size_t size = 1;
    for (const std::string& text : array.strings) size = std::max(size, text.size());
    return size;
  }
  static hid_t make_type(const Array& array, bool variable) {
    if (array.dtype != DType::string) return number_type(array.dtype);
    return variable ? variable_text() : fixed_text(longest(array));
  }

  std::vector<const char*> pointers;
  std::string joined;
};

/// Writes one file; each method is false where libhdf5 refuses.
class ImageWriter {
 public:
  ImageWriter() : access_(H5Pcreate(H5P_FILE_ACCESS), H5Pclose), file_(create(), H5Fclose), untimed_(make_untimed(), H5Pclose) {}

  bool ok() const { return file_.ok() && untimed_.ok(); }

  bool add_group(const std::string& path, const std::vector<Hdf5Attribute>& attributes) {
    const Hdf5Handle group(path.empty() ? H5Gopen2(file_.id(), "/", H5P_DEFAULT) : H5Gcreate2(file_.id(), path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    return group.ok() && add_attributes(group.id(), attributes);
  }

  bool add_dataset(const std::string& path, const Array& array, std::vector<Hdf5Attribute> attributes) {
    const auto is_dtype = [](const Hdf5Attribute& attribute) { return attribute.name == "dtype"; };
    if (array.dtype == DType::bfloat16 && std::none_of(attributes.begin(), attributes.end(), is_dtype))
      attributes.push_back({"dtype", Array::of_strings({}, {"bfloat16"}), true});
    const Elements elements(array, true);
    const Hdf5Handle space = dataspace(array.shape);
    const Hdf5Handle dataset(H5Dcreate2(file_.id(), path.c_str(), elements.type.id(), space.id(), H5P_DEFAULT, untimed_.id(), H5P_DEFAULT), H5Dclose);
    if (!dataset.ok()) return false;
    if (array.count() > 0 && H5Dwrite(dataset.id(), elements.type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, elements.data) < 0) return false;
    return add_attributes(dataset.id(), attributes);
  }

  Result<Bytes> image() {
    if (H5Fflush(file_.id(), H5F_SCOPE_GLOBAL) < 0) return Error{"the HDF5 image cannot be completed"};
    const ssize_t size = H5Fget_file_image(file_.id(), nullptr, 0);
    if (size <= 0) return Error{"the HDF5 image cannot be completed"};
    auto [bytes, memory] = Bytes::allocate(static_cast<size_t>(size));
    if (H5Fget_file_image(file_.id(), memory, static_cast<size_t>(size)) != size) return Error{"the HDF5 image cannot be completed"};
    return std::move(bytes);
  }

 private:
  hid_t create() {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // it would print to stderr
    constexpr size_t kIncrement = size_t{4} << 20;
    H5Pset_fapl_core(access_.id(), kIncrement, false);
    static int made = 0;  // two open files need two names
    return H5Fcreate(fmt::format("in memory, written {}", ++made).c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access_.id());
  }
  static hid_t make_untimed() {
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(properties, false);
    return properties;
  }
  static bool add_attributes(hid_t object, const std::vector<Hdf5Attribute>& attributes) {
    for (const Hdf5Attribute& attribute : attributes) {
      const Elements elements(attribute.value, attribute.variable);
      const Hdf5Handle space = dataspace(attribute.value.shape);
      const Hdf5Handle made(H5Acreate2(object, attribute.name.c_str(), elements.type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
      if (!made.ok()) return false;
      if (attribute.value.count() > 0 && H5Awrite(made.id(), elements.type.id(), elements.data) < 0) return false;
    }
    return true;
  }

  Hdf5Handle access_, file_, untimed_;
};

}  // namespace

Result<Bytes> hdf5_image(const Hdf5Content& content, const std::string& label) {
  const std::lock_guard<std::recursive_mutex> lock(hdf5_library());
  const auto refused = [&](const std::string& path) { return Error{fmt::format("{}: '{}' cannot be written as HDF5", label, path)}; };
  ImageWriter writer;
  if (!writer.ok()) return refused("/");
  for (const auto& [path, attributes] : content.groups())
    if (!writer.add_group(path, attributes)) return refused(path);
  for (const auto& [path, dataset] : content.datasets()) {
    const Result<Array> array = dataset.read();
    if (!array) return Error{array.error()};
    if (!writer.add_dataset(path, *array, dataset.attributes)) return refused(path);
  }
  Result<Bytes> image = writer.image();
  if (!image) return Error{fmt::format("{}: {}", label, image.error())};
  return image;
}

}  // namespace keratin
