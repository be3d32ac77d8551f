#include "keratin/array.h"

#include <cstdlib>
#include <cstring>
#include <fmt/format.h>

#include "compiler/data/csv.h"
#include "compiler/data/file_bytes.h"
#include "compiler/data/npz.h"
#include "compiler/functional/state.h"
#include "keratin/error.h"

namespace keratin::functional {

NDArray::NDArray(const char* dtype, std::vector<int64_t> shape, std::shared_ptr<const void> owner, const void* data, size_t count, size_t item)
    : dtype_(dtype), shape_(std::move(shape)), owner_(std::move(owner)), data_(data), count_(static_cast<int64_t>(count)), item_(item) {
  if (element_count(shape_) != count_) throw ValueError(fmt::format("An array of shape {} cannot be made of {} elements.", keratin::shape_text(shape_), count));
}

struct ArrayAccess {
  static NDArray made(std::string_view dtype, std::vector<int64_t> shape, std::shared_ptr<const void> owner, const void* data, int64_t count, size_t item) {
    return NDArray(std::string(dtype).c_str(), std::move(shape), std::move(owner), data, static_cast<size_t>(count), item);
  }
};

namespace {

DType known(const std::string& dtype) {
  const std::optional<DType> found = dtype_named(dtype);
  if (!found || *found == DType::string) throw TypeError(fmt::format("'{}' is no dtype of an array of numbers.", dtype));
  return *found;
}

}  // namespace

NDArray NDArray::zeros(std::vector<int64_t> shape, const std::string& dtype) {
  if (!element_count(shape)) throw ValueError(fmt::format("{} is no shape of an array.", keratin::shape_text(shape)));
  return from_engine(Array::zeros(known(dtype), std::move(shape)));
}

void NDArray::require(const char* dtype) const {
  if (dtype_ == dtype || (dtype_ == "bool" && std::strcmp(dtype, "uint8") == 0)) return;
  throw TypeError(fmt::format("The array holds {}, not {}.", dtype_, dtype));
}

double NDArray::number(int64_t place) const {
  if (place < 0 || place >= count_) throw ValueError(fmt::format("Element {} of an array of {}.", place, count_));
  const auto at = [&]<class T>(T) {
    T value;
    std::memcpy(&value, static_cast<const std::byte*>(data_) + static_cast<size_t>(place) * sizeof(T), sizeof(T));
    return static_cast<double>(value);
  };
  switch (known(dtype_)) {
    case DType::boolean: case DType::uint8: return at(uint8_t{});
    case DType::int8: return at(int8_t{});
    case DType::int16: return at(int16_t{});
    case DType::uint16: return at(uint16_t{});
    case DType::int32: return at(int32_t{});
    case DType::uint32: return at(uint32_t{});
    case DType::int64: return at(int64_t{});
    case DType::uint64: return at(uint64_t{});
    case DType::float64: return at(double{});
    case DType::float16: return from_half(static_cast<uint16_t>(at(uint16_t{})));
    case DType::bfloat16: return from_bfloat16(static_cast<uint16_t>(at(uint16_t{})));
    default: return at(float{});
  }
}

int64_t NDArray::place(const std::vector<int64_t>& index) const {
  if (index.size() != shape_.size()) throw ValueError(fmt::format("{} indices into an array of shape {}.", index.size(), keratin::shape_text(shape_)));
  int64_t place = 0;
  for (size_t axis = 0; axis < index.size(); ++axis) {
    if (index[axis] < 0 || index[axis] >= shape_[axis]) throw ValueError(fmt::format("Index {} along axis {} of an array of shape {}.", index[axis], axis, keratin::shape_text(shape_)));
    place = place * shape_[axis] + index[axis];
  }
  return place;
}

NDArray NDArray::reshape(std::vector<int64_t> shape) const {
  int64_t rest = 1;
  int64_t* open = nullptr;
  for (int64_t& extent : shape)
    if (extent == -1 && !open) open = &extent;
    else rest *= extent;
  if (open) *open = rest > 0 ? count_ / rest : 0;
  return ArrayAccess::made(dtype_, std::move(shape), owner_, data_, count_, item_);
}

NDArray NDArray::rows(int64_t begin, int64_t end) const {
  if (shape_.empty() || begin < 0 || end < begin || end > shape_[0]) throw ValueError(fmt::format("Rows {} to {} of an array of shape {}.", begin, end, keratin::shape_text(shape_)));
  std::vector<int64_t> shape = shape_;
  const int64_t row = shape_[0] == 0 ? 0 : count_ / shape_[0];
  shape[0] = end - begin;
  return ArrayAccess::made(dtype_, std::move(shape), owner_, static_cast<const std::byte*>(data_) + static_cast<size_t>(begin * row) * item_, row * (end - begin), item_);
}

Array to_engine(const NDArray& array) {
  Array made = Array::zeros(known(array.dtype()), array.shape());
  if (!made.bytes.empty()) std::memcpy(made.bytes.data(), array.bytes(), made.bytes.size());
  return made;
}

NDArray from_engine(Array array) {
  if (array.dtype == DType::string) throw TypeError("An array of strings has no numbers.");
  const auto owner = std::make_shared<const Array>(std::move(array));
  return ArrayAccess::made(name_of(owner->dtype), owner->shape, owner, owner->bytes.data(), owner->count(), size_of(owner->dtype));
}

NDArray load_npy(const std::string& path) {
  Result<NamedArrays> arrays = read_arrays(path);
  if (!arrays) throw OSError(arrays.error());
  if (arrays->size() != 1) throw ValueError(fmt::format("{}: holds {} arrays; load_npz takes them all", path, arrays->size()));
  return from_engine(std::move((*arrays)[0].second));
}

std::vector<std::pair<std::string, NDArray>> load_npz(const std::string& path) {
  Result<NamedArrays> arrays = read_arrays(path);
  if (!arrays) throw OSError(arrays.error());
  std::vector<std::pair<std::string, NDArray>> list;
  for (auto& [name, array] : *arrays) list.emplace_back(name, from_engine(std::move(array)));
  return list;
}

NDArray load_csv(const std::string& path, std::vector<std::string>* columns) {
  const Result<Bytes> bytes = read_file(path);
  if (!bytes) throw OSError(bytes.error());
  const Result<CsvTable> table = parse_csv(bytes->text(), path);
  if (!table) throw ValueError(table.error());
  const size_t width = table->names.size(), rows = table->lines.size();
  std::vector<float> values(rows * width);
  for (size_t column = 0; column < width; ++column)
    for (size_t row = 0; row < rows; ++row) {
      const std::string& field = table->columns[column][row];
      char* end = nullptr;
      values[row * width + column] = std::strtof(field.c_str(), &end);
      if (field.empty() || *end) throw ValueError(fmt::format("{}: line {}: {}: '{}' is no number", path, table->lines[row], table->names[column], field));
    }
  if (columns) *columns = table->names;
  return NDArray({static_cast<int64_t>(rows), static_cast<int64_t>(width)}, std::move(values));
}

void save_npz(const std::string& path, const std::vector<std::pair<std::string, NDArray>>& arrays) {
  NamedArrays list;
  for (const auto& [name, array] : arrays) list.emplace_back(name, to_engine(array));
  if (const Result<Done> written = write_npz(path, list); !written) throw OSError(written.error());
}

NDArray to_categorical(const std::vector<int64_t>& classes, int64_t num_classes) {
  std::vector<float> rows(classes.size() * static_cast<size_t>(num_classes), 0.0f);
  for (size_t i = 0; i < classes.size(); ++i) {
    if (classes[i] < 0 || classes[i] >= num_classes) throw ValueError(fmt::format("Class {} of {} classes.", classes[i], num_classes));
    rows[i * static_cast<size_t>(num_classes) + static_cast<size_t>(classes[i])] = 1.0f;
  }
  return NDArray({static_cast<int64_t>(classes.size()), num_classes}, std::move(rows));
}

}  // namespace keratin::functional
