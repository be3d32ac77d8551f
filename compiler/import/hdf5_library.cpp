// The only use of libhdf5 for reading: chunked, usually compressed datasets whose path and size are known.
#include <fmt/format.h>
#include <hdf5.h>
#include <hdf5_hl.h>

#include <algorithm>

#include "compiler/import/hdf5.h"
#include "compiler/import/hdf5_handle.h"

namespace keratin {

namespace {

/// The filters that the dataset names and this libhdf5 does not have.
std::string missing_filters(hid_t dataset) {
  const Hdf5Handle properties(H5Dget_create_plist(dataset), H5Pclose);
  std::string missing;
  const int count = properties.ok() ? H5Pget_nfilters(properties.id()) : 0;
  for (int i = 0; i < count; ++i) {
    unsigned flags = 0;
    size_t values = 0;
    char name[64] = "";
    const H5Z_filter_t filter = H5Pget_filter2(properties.id(), static_cast<unsigned>(i), &flags, &values, nullptr, sizeof name - 1, name,
                                               nullptr);
    if (filter >= 0 && H5Zfilter_avail(filter) <= 0) missing += fmt::format("{}{} '{}'", missing.empty() ? "" : ", ", filter, name);
  }
  return missing;
}

bool has_shape(hid_t dataset, const std::vector<int64_t>& shape) {
  const Hdf5Handle space(H5Dget_space(dataset), H5Sclose);
  hsize_t extents[H5S_MAX_RANK];
  if (!space.ok() || H5Sget_simple_extent_ndims(space.id()) != static_cast<int>(shape.size())) return false;
  if (H5Sget_simple_extent_dims(space.id(), extents, nullptr) < 0) return false;
  return std::equal(shape.begin(), shape.end(), extents, [](int64_t ours, hsize_t theirs) { return static_cast<hsize_t>(ours) == theirs; });
}

}  // namespace

std::recursive_mutex& hdf5_library() {
  static std::recursive_mutex one_at_a_time;
  return one_at_a_time;
}

Result<std::vector<std::byte>> read_chunked_with_library(const Bytes& file, const Hdf5Dataset& dataset) {
  const std::lock_guard<std::recursive_mutex> lock(hdf5_library());
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // it would print to stderr
  void* image = const_cast<std::byte*>(file.view().data());  // not written to: the file is opened for reading
  const Hdf5Handle opened(H5LTopen_file_image(image, file.size(), H5LT_FILE_IMAGE_DONT_COPY | H5LT_FILE_IMAGE_DONT_RELEASE), H5Fclose);
  const Hdf5Handle found(opened.ok() ? H5Dopen2(opened.id(), dataset.path.c_str(), H5P_DEFAULT) : -1, H5Dclose);
  const Hdf5Handle type(found.ok() ? H5Dget_type(found.id()) : -1, H5Tclose);
  if (!type.ok()) return Error{"cannot be opened by libhdf5"};
  const size_t size = H5Tget_size(type.id());
  if (size != dataset.type.element_size || !has_shape(found.id(), dataset.shape))
    return Error{"is damaged: libhdf5 finds another type or shape"};
  std::vector<std::byte> elements(static_cast<size_t>(*hdf5_data_size(dataset.type, dataset.shape)));
  if (H5Dread(found.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, elements.data()) < 0) {
    const std::string missing = missing_filters(found.id());
    if (missing.empty()) return Error{"is damaged: libhdf5 cannot read its chunks"};
    return Error{fmt::format("is compressed by filter {}, which is not installed", missing)};
  }
  return elements;
}

}  // namespace keratin
