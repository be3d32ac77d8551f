// Small matrices in closed form (keras.ops.det, inv): up to 4x4, over the last two axes.
#include <fmt/format.h>

#include "compiler/operations/operation.h"

namespace keratin {

namespace {

constexpr int64_t kLargest = 4;

/// The elements of the last two axes, each of the leading axes' shape.
struct Matrix {
  int64_t extent = 0;
  std::vector<Val> elements;
  Val at(int64_t row, int64_t column) const { return elements[static_cast<size_t>(row * extent + column)]; }

  Matrix without(int64_t row, int64_t column) const {
    Matrix rest{extent - 1, {}};
    for (int64_t i = 0; i < extent; ++i)
      for (int64_t j = 0; j < extent; ++j)
        if (i != row && j != column) rest.elements.push_back(at(i, j));
    return rest;
  }
};

std::optional<Matrix> matrix_of(Arguments& a, Val x) {
  if (x.poisoned()) return std::nullopt;
  if (!is_float(x.dtype())) x = a.b.cast(x, DType::float32);
  if (x.rank() < 2 || x.dim(-1) != x.dim(-2) || !x.dim(-1).is_static()) {
    a.fail(fmt::format("takes square matrices, not {}", ir::keras_shape(x.shape())));
    return std::nullopt;
  }
  Matrix matrix{x.dim(-1).size, {}};
  if (matrix.extent < 1 || matrix.extent > kLargest) {
    a.fail(fmt::format("matrices of {}x{} are not supported, at most {}x{}", matrix.extent, matrix.extent, kLargest, kLargest));
    return std::nullopt;
  }
  const int rank = x.rank();
  for (int64_t i = 0; i < matrix.extent; ++i)
    for (int64_t j = 0; j < matrix.extent; ++j)
      matrix.elements.push_back(a.b.squeeze(a.b.slice(a.b.slice(x, rank - 2, i, i + 1), rank - 1, j, j + 1), {rank - 2, rank - 1}));
  return matrix;
}

/// Expansion along the first row (Laplace).
Val determinant(const Matrix& m) {
  if (m.extent == 1) return m.at(0, 0);
  Val sum;
  for (int64_t j = 0; j < m.extent; ++j) {
    const Val term = m.at(0, j) * determinant(m.without(0, j));
    sum = j == 0 ? term : j % 2 ? sum - term : sum + term;
  }
  return sum;
}

Val det(Arguments& a) {
  const std::optional<Matrix> matrix = matrix_of(a, a.tensor("x"));
  return matrix ? determinant(*matrix) : Val();
}

/// The transposed cofactors over the determinant (Cramer).
Val inverse(Arguments& a) {
  const std::optional<Matrix> m = matrix_of(a, a.tensor("x"));
  if (!m) return {};
  const Val whole = determinant(*m);
  Vals rows;
  for (int64_t i = 0; i < m->extent; ++i) {
    Vals row;
    for (int64_t j = 0; j < m->extent; ++j) {
      const Val minor = m->extent == 1 ? whole / whole : determinant(m->without(j, i));
      row.push_back(((i + j) % 2 ? -minor : minor) / whole);
    }
    rows.push_back(a.b.stack(row, -1));
  }
  return a.b.stack(rows, -2);
}

}  // namespace

const OperationTable& linear_algebra_operations() {
  static const OperationTable table = {
      {"Det", "", "x", [](Arguments& a) { return one(det(a)); }},
      {"Inv", "", "x", [](Arguments& a) { return one(inverse(a)); }},
  };
  return table;
}

}  // namespace keratin
