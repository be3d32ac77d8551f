#include "ir/type/type.h"

#include <fmt/format.h>

#include "ir/support/check.h"

namespace keratin::ir {

Dim operator+(Dim a, Dim b) { return {a.batch + b.batch, a.size + b.size}; }
Dim operator-(Dim a, Dim b) { return {a.batch - b.batch, a.size - b.size}; }
Dim operator*(Dim a, int64_t factor) { return {a.batch * factor, a.size * factor}; }
std::optional<Dim> product(Dim a, Dim b) {
  if (!a.is_static() && !b.is_static()) return std::nullopt;
  return b.is_static() ? a * b.size : b * a.size;
}

int64_t Count::at(int64_t n) const {
  int64_t value = 0;
  for (size_t i = coefficients.size(); i-- > 0;) value = value * n + coefficients[i];
  return value;
}

bool Shape::is_static() const {
  for (Dim dim : dims)
    if (!dim.is_static()) return false;
  return true;
}

std::optional<Count> Shape::count() const {
  constexpr int64_t kLimit = int64_t{1} << 62;
  std::vector<int64_t> product = {1};
  for (Dim dim : dims) {
    std::vector<int64_t> next(product.size() + (dim.batch ? 1 : 0), 0);
    for (size_t i = 0; i < product.size(); ++i) {
      int64_t low, high = 0;
      if (__builtin_mul_overflow(product[i], dim.size, &low) || __builtin_mul_overflow(product[i], dim.batch, &high)) return std::nullopt;
      next[i] += low;
      if (dim.batch) next[i + 1] += high;
    }
    product = std::move(next);
    for (int64_t coefficient : product)
      if (coefficient >= kLimit) return std::nullopt;
  }
  while (!product.empty() && product.back() == 0) product.pop_back();
  return Count{product};
}

int64_t Shape::static_count() const {
  int64_t product = 1;
  for (Dim dim : dims) {
    IR_CHECK(dim.is_static());
    product *= dim.size;
  }
  return product;
}

std::vector<int64_t> Shape::at(int64_t n) const {
  std::vector<int64_t> extents;
  extents.reserve(dims.size());
  for (Dim dim : dims) extents.push_back(dim.at(n));
  return extents;
}

std::string to_string(Dim dim) {
  if (dim.batch == 0) return fmt::format("{}", dim.size);
  std::string text = dim.batch == 1 ? "n" : fmt::format("{}n", dim.batch);
  if (dim.size != 0) text += fmt::format("{:+}", dim.size);
  return text;
}

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (int i = 0; i < shape.rank(); ++i) text += (i ? "," : "") + to_string(shape[i]);
  return text + "]";
}

std::string to_string(const Type& type) { return std::string(name_of(type.dtype)) + to_string(type.shape); }

std::string keras_shape(const Shape& shape) {
  std::string text = "(";
  for (int i = 0; i < shape.rank(); ++i) text += (i ? ", " : "") + (shape[i].is_static() ? fmt::format("{}", shape[i].size) : "None");
  return text + (shape.rank() == 1 ? ",)" : ")");
}

std::optional<int> normalize_axis(int64_t axis, int rank) {
  if (axis < -rank || axis >= rank) return std::nullopt;
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

}  // namespace keratin::ir
