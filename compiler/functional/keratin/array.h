// NDArray: data in and out of the API. Row-major; copies share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace keratin::functional {

/// `float32`, ...: the dtype that stores a C++ type.
template <class T>
constexpr const char* dtype_name() {
  if constexpr (std::is_same_v<T, bool>) return "bool";
  else if constexpr (std::is_same_v<T, float>) return "float32";
  else if constexpr (std::is_same_v<T, double>) return "float64";
  else if constexpr (std::is_same_v<T, int8_t>) return "int8";
  else if constexpr (std::is_same_v<T, uint8_t>) return "uint8";
  else if constexpr (std::is_same_v<T, int16_t>) return "int16";
  else if constexpr (std::is_same_v<T, uint16_t>) return "uint16";
  else if constexpr (std::is_same_v<T, int32_t>) return "int32";
  else if constexpr (std::is_same_v<T, uint32_t>) return "uint32";
  else if constexpr (sizeof(T) == 8 && std::is_integral_v<T> && std::is_signed_v<T>) return "int64";
  else {
    static_assert(sizeof(T) == 8 && std::is_integral_v<T>, "no dtype stores this type");
    return "uint64";
  }
}

/// A dense array of numbers. It owns its elements or looks at the caller's, which must then outlive it.
class NDArray {
 public:
  NDArray() = default;
  /// Takes the elements; ValueError unless there are as many as the shape says.
  template <class T>
  NDArray(std::vector<int64_t> shape, std::vector<T> values) : NDArray(dtype_name<T>(), std::move(shape), std::make_shared<std::vector<T>>(std::move(values))) {}
  /// Zeros.
  static NDArray zeros(std::vector<int64_t> shape, const std::string& dtype = "float32");
  /// Looks at memory of the caller's, without a copy.
  template <class T>
  static NDArray view(std::span<const T> values, std::vector<int64_t> shape) {
    return NDArray(dtype_name<T>(), std::move(shape), nullptr, values.data(), values.size(), sizeof(T));
  }

  const std::vector<int64_t>& shape() const { return shape_; }
  int rank() const { return static_cast<int>(shape_.size()); }
  const std::string& dtype() const { return dtype_; }
  int64_t size() const { return count_; }
  size_t item_size() const { return item_; }
  const void* bytes() const { return data_; }

  /// The elements; TypeError where T is not what is stored.
  template <class T>
  std::span<const T> data() const {
    require(dtype_name<T>());
    return {static_cast<const T*>(data_), static_cast<size_t>(count_)};
  }
  /// The elements as numbers of another type.
  template <class T>
  std::vector<T> as() const {
    std::vector<T> values;
    values.reserve(static_cast<size_t>(count_));
    for (int64_t i = 0; i < count_; ++i) values.push_back(static_cast<T>(number(i)));
    return values;
  }
  /// An element by its place in row-major order, as a number.
  double number(int64_t place) const;
  /// An element by its indices; ValueError out of range.
  template <class... I>
  double operator()(I... index) const {
    return number(place({static_cast<int64_t>(index)...}));
  }
  /// The same elements in another shape; one extent may be -1.
  NDArray reshape(std::vector<int64_t> shape) const;
  /// Rows begin..end of the first axis, looking at the same memory.
  NDArray rows(int64_t begin, int64_t end) const;

 private:
  template <class T>
  NDArray(const char* dtype, std::vector<int64_t> shape, std::shared_ptr<std::vector<T>> values)
      : NDArray(dtype, std::move(shape), values, values->data(), values->size(), sizeof(T)) {
    static_assert(!std::is_same_v<T, bool>, "give uint8_t for bool: std::vector<bool> has no elements in memory");
  }
  NDArray(const char* dtype, std::vector<int64_t> shape, std::shared_ptr<const void> owner, const void* data, size_t count, size_t item);
  void require(const char* dtype) const;
  int64_t place(const std::vector<int64_t>& index) const;
  friend struct ArrayAccess;

  std::string dtype_ = "float32";
  std::vector<int64_t> shape_ = {0};
  std::shared_ptr<const void> owner_;
  const void* data_ = nullptr;
  int64_t count_ = 0;
  size_t item_ = 4;
};

/// An array of an .npy file, and the arrays of an .npz by name. OSError, ValueError.
NDArray load_npy(const std::string& path);
std::vector<std::pair<std::string, NDArray>> load_npz(const std::string& path);
void save_npz(const std::string& path, const std::vector<std::pair<std::string, NDArray>>& arrays);
/// The numbers of a table with a line of column names: float32 [rows, columns].
NDArray load_csv(const std::string& path, std::vector<std::string>* columns = nullptr);

/// keras.utils.to_categorical: one-hot rows, float32.
NDArray to_categorical(const std::vector<int64_t>& classes, int64_t num_classes);

}  // namespace keratin::functional
