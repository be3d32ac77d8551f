// Shapes and types of values. A dimension is a number or linear in the batch size; nothing else exists after expansion.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "ir/type/dtype.h"

namespace keratin::ir {

/// batch * n + size, where n is the number of examples of a call.
struct Dim {
  int64_t batch = 0;
  int64_t size = 0;

  constexpr Dim() = default;
  constexpr Dim(int64_t number) : size(number) {}
  constexpr Dim(int64_t batch_factor, int64_t number) : batch(batch_factor), size(number) {}

  bool is_static() const { return batch == 0; }
  bool is_one() const { return batch == 0 && size == 1; }
  int64_t at(int64_t n) const { return batch * n + size; }
  bool operator==(const Dim&) const = default;
};

/// The dimension that is the batch itself.
constexpr Dim kBatch{1, 0};

Dim operator+(Dim a, Dim b);
Dim operator-(Dim a, Dim b);
Dim operator*(Dim a, int64_t factor);
/// a * b; nothing where both grow with the batch.
std::optional<Dim> product(Dim a, Dim b);

/// Polynomial in the batch size: a count of elements. coefficients[i] belongs to n^i; no trailing zeros.
struct Count {
  std::vector<int64_t> coefficients;
  bool operator==(const Count&) const = default;
  int64_t at(int64_t n) const;
};

struct Shape {
  std::vector<Dim> dims;

  Shape() = default;
  Shape(std::initializer_list<Dim> list) : dims(list) {}
  explicit Shape(std::vector<Dim> list) : dims(std::move(list)) {}

  int rank() const { return static_cast<int>(dims.size()); }
  Dim operator[](int axis) const { return dims[static_cast<size_t>(axis)]; }
  Dim& operator[](int axis) { return dims[static_cast<size_t>(axis)]; }
  Dim back() const { return dims.back(); }
  bool is_static() const;
  /// Number of elements; nullopt where it does not fit 62 bits.
  std::optional<Count> count() const;
  /// Number of elements of a static shape.
  int64_t static_count() const;
  std::vector<int64_t> at(int64_t n) const;
  bool operator==(const Shape&) const = default;
};

struct Type {
  DType dtype = DType::float32;
  Shape shape;
  bool operator==(const Type&) const = default;
};

using Types = std::vector<Type>;

/// `n`, `2n`, `8`, `2n+1`.
std::string to_string(Dim dim);
/// `[n,8,8,1]`.
std::string to_string(const Shape& shape);
/// `float32[n,8,8,1]`.
std::string to_string(const Type& type);
/// As Keras writes shapes in messages: `(None, 8, 8, 1)`.
std::string keras_shape(const Shape& shape);

/// The axis counted from the front; nullopt where it is outside -rank..rank-1.
std::optional<int> normalize_axis(int64_t axis, int rank);

}  // namespace keratin::ir
