#include "compiler/layers/checks.h"

#include <algorithm>
#include <fmt/format.h>

namespace keratin {

KTensor only_tensor(CallContext& ctx, const CallInputs& inputs, std::optional<int> rank) {
  const KTensors tensors = inputs.tensors();
  if (tensors.size() != 1) {
    ctx.fail(fmt::format("takes one tensor, got {}", tensors.size()));
    return {};
  }
  const Val x = tensors[0].value;
  if (x.poisoned()) return {};
  if (rank && x.rank() != *rank) {
    ctx.fail(fmt::format("expected ndim={}, found ndim={}. Full shape received: {}", *rank, x.rank(), ir::keras_shape(x.shape())));
    return {};
  }
  return tensors[0];
}

Val call_mask(const CallInputs& inputs, const KTensor& tensor) {
  if (const CallValue* given = inputs.find(1, "mask"); given && given->tensor()) return given->tensor()->value;
  return tensor.mask;
}

std::optional<std::vector<int>> counted_axes(CallContext& ctx, const std::vector<int64_t>& axes, const Shape& shape) {
  std::vector<int> counted;
  for (int64_t axis : axes) {
    const std::optional<int> one = ir::normalize_axis(axis, shape.rank());
    if (!one) {
      ctx.fail(fmt::format("axis: {} is outside the {} dimensions of {}", axis, shape.rank(), ir::keras_shape(shape)));
      return std::nullopt;
    }
    counted.push_back(*one);
  }
  std::sort(counted.begin(), counted.end());
  if (std::adjacent_find(counted.begin(), counted.end()) != counted.end()) {
    ctx.fail("axis: one axis is named twice");
    return std::nullopt;
  }
  return counted;
}

Shape ones_but(const Shape& shape, const std::vector<int>& axes) {
  Shape result(std::vector<Dim>(static_cast<size_t>(shape.rank()), Dim(1)));
  for (int axis : axes) result[axis] = shape[axis];
  return result;
}

Shape extents_of(const Shape& shape, const std::vector<int>& axes) {
  Shape result;
  for (int axis : axes) result.dims.push_back(shape[axis]);
  return result;
}

std::string shape_without_batch(const Shape& shape) {
  if (shape.rank() == 0) return ir::keras_shape(shape);
  return ir::keras_shape(Shape(std::vector<Dim>(shape.dims.begin() + 1, shape.dims.end())));
}

}  // namespace keratin
