// Eigen's matrices and tensors as data of models, and the other way. Needs Eigen, with its unsupported Tensor module; <keratin/keratin.h> does not.
#pragma once

#include <Eigen/Core>
#include <unsupported/Eigen/CXX11/Tensor>

#include "keratin/array.h"
#include "keratin/error.h"

namespace keratin::functional {

/// The elements of a matrix [rows, columns], or of a vector [size], copied row by row whatever the storage order is.
template <class M>
NDArray from_eigen(const Eigen::DenseBase<M>& matrix) {
  using T = typename M::Scalar;
  std::vector<T> values(static_cast<size_t>(matrix.size()));
  Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(values.data(), matrix.rows(), matrix.cols()) = matrix.derived().matrix();
  if constexpr (M::IsVectorAtCompileTime) return NDArray({static_cast<int64_t>(matrix.size())}, std::move(values));
  else return NDArray({static_cast<int64_t>(matrix.rows()), static_cast<int64_t>(matrix.cols())}, std::move(values));
}

/// Looks at a vector or a row-major matrix without a copy; it must outlive the array. Other storage orders are refused when compiling: from_eigen copies them.
template <class M>
NDArray view_eigen(const Eigen::PlainObjectBase<M>& matrix) {
  static_assert(M::IsVectorAtCompileTime || M::IsRowMajor, "only row-major matrices lie as arrays do; from_eigen copies the others");
  const std::span<const typename M::Scalar> values(matrix.data(), static_cast<size_t>(matrix.size()));
  if constexpr (M::IsVectorAtCompileTime) return NDArray::view(values, {static_cast<int64_t>(matrix.size())});
  else return NDArray::view(values, {static_cast<int64_t>(matrix.rows()), static_cast<int64_t>(matrix.cols())});
}

/// The elements of a tensor, copied in row-major order.
template <class T, int kRank, int kOptions, class Index>
NDArray from_eigen(const Eigen::Tensor<T, kRank, kOptions, Index>& tensor) {
  std::vector<int64_t> shape;
  for (int axis = 0; axis < kRank; ++axis) shape.push_back(static_cast<int64_t>(tensor.dimension(axis)));
  const T* data = tensor.data();
  std::vector<T> values(data, data + tensor.size());
  if constexpr (static_cast<int>(Eigen::Tensor<T, kRank, kOptions, Index>::Layout) == static_cast<int>(Eigen::ColMajor)) {
    std::array<int, kRank> reversed;  // column-major is row-major with the axes backwards
    for (int axis = 0; axis < kRank; ++axis) reversed[static_cast<size_t>(axis)] = kRank - 1 - axis;
    const Eigen::Tensor<T, kRank, kOptions, Index> swapped = tensor.shuffle(reversed);
    std::copy(swapped.data(), swapped.data() + swapped.size(), values.begin());
  }
  return NDArray(std::move(shape), std::move(values));
}

/// A matrix [rows, columns], or a vector as one column, that looks at the array, which must outlive it. TypeError unless T is what is stored, ValueError for more axes.
template <class T>
Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> matrix_of(const NDArray& array) {
  if (array.rank() != 1 && array.rank() != 2) throw ValueError("A matrix has two axes, the array " + std::to_string(array.rank()) + ".");
  return {array.data<T>().data(), static_cast<Eigen::Index>(array.shape()[0]), static_cast<Eigen::Index>(array.rank() == 2 ? array.shape()[1] : 1)};
}

/// The same with kRank axes.
template <class T, int kRank>
Eigen::TensorMap<const Eigen::Tensor<const T, kRank, Eigen::RowMajor>> tensor_of(const NDArray& array) {
  if (array.rank() != kRank) throw ValueError("A tensor of " + std::to_string(kRank) + " axes is asked for, the array has " + std::to_string(array.rank()) + ".");
  Eigen::DSizes<Eigen::Index, kRank> extents;
  for (int axis = 0; axis < kRank; ++axis) extents[axis] = static_cast<Eigen::Index>(array.shape()[static_cast<size_t>(axis)]);
  return {array.data<T>().data(), extents};
}

}  // namespace keratin::functional
