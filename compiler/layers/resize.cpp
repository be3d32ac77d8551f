#include "compiler/layers/resize.h"

#include <algorithm>
#include <fmt/format.h>

namespace keratin {

namespace {

ir::Tensor int_vector(const std::vector<int64_t>& values) {
  ir::Tensor tensor(DType::int32, {static_cast<int64_t>(values.size())});
  tensor.integers = values;
  return tensor;
}

/// The sum of a few gathers, each times its weights.
Val by_gathers(Val x, int axis, int64_t outputs, const ResizeTaps& taps, bool weighted) {
  ir::Builder& b = x.builder();
  Val result;
  for (int64_t tap = 0; tap < taps.count; ++tap) {
    std::vector<int64_t> index;
    Shape along(std::vector<Dim>(static_cast<size_t>(x.rank()), Dim(1)));
    along[axis] = Dim(outputs);
    ir::Tensor weight(x.dtype(), {outputs});
    for (int64_t i = 0; i < outputs; ++i) {
      index.push_back(taps.index[static_cast<size_t>(i * taps.count + tap)]);
      if (weighted) weight.floats[static_cast<size_t>(i)] = ir::round_to(x.dtype(), taps.weight[static_cast<size_t>(i * taps.count + tap)]);
    }
    Val part = b.gather(x, b.constant(int_vector(index)), axis, 0, false);
    if (weighted) part = part * b.reshape(b.constant(std::move(weight)), along);
    result = tap == 0 ? part : result + part;
  }
  return result;
}

/// A product with the matrix [inputs, outputs] of all taps.
Val by_matrix(Val x, int axis, int64_t outputs, const ResizeTaps& taps) {
  ir::Builder& b = x.builder();
  const int64_t inputs = x.dim(axis).size;
  ir::Tensor matrix(x.dtype(), {inputs, outputs});
  for (int64_t i = 0; i < outputs; ++i)
    for (int64_t tap = 0; tap < taps.count; ++tap) {
      const size_t at = static_cast<size_t>(i * taps.count + tap);
      matrix.floats[static_cast<size_t>(taps.index[at] * outputs + i)] += taps.weight[at];
    }
  for (double& value : matrix.floats) value = ir::round_to(x.dtype(), value);
  Val product = b.dot(x, b.constant(std::move(matrix)), {{}, {}, {axis}, {0}});  // the new axis stands last
  std::vector<int> order;
  for (int i = 0; i < x.rank() - 1; ++i) order.push_back(i);
  order.insert(order.begin() + axis, x.rank() - 1);
  return b.transpose(product, order);
}

Val resize_axis(Val x, int axis, int64_t outputs, const ResizeOptions& options) {
  if (x.poisoned()) return x;
  constexpr int64_t kFewTaps = 4;
  const bool nearest = options.interpolation == "nearest";
  if (x.dim(axis).size == outputs) return x;
  if (nearest && outputs % x.dim(axis).size == 0) return x.builder().repeat(x, outputs / x.dim(axis).size, axis);
  // The tables are constants of the program: they must not grow with what a file claims.
  constexpr int64_t kMaxExtent = int64_t{1} << 20, kMaxMatrix = int64_t{1} << 26;
  const int64_t inputs = x.dim(axis).size;
  if (std::max(inputs, outputs) > kMaxExtent) return x.builder().fail(fmt::format("resizing {} to {}: at most {} are allowed", inputs, outputs, kMaxExtent));
  const ResizeTaps taps = resize_taps(inputs, outputs, options);
  if (!nearest && taps.count > kFewTaps && inputs * outputs > kMaxMatrix)
    return x.builder().fail(fmt::format("resizing {} to {} by {}: the matrix has more than {} elements", inputs, outputs, options.interpolation, kMaxMatrix));
  return nearest || taps.count <= kFewTaps ? by_gathers(x, axis, outputs, taps, !nearest) : by_matrix(x, axis, outputs, taps);
}

/// The extent that gives `other` the target's aspect ratio, rounded like Keras's float32 arithmetic.
int64_t matching(int64_t other, int64_t target, int64_t other_target) {
  return static_cast<int64_t>(static_cast<float>(other * target) / static_cast<float>(other_target));
}

Val crop_to_aspect(Val x, int axis, int64_t height, int64_t width) {
  const int64_t rows = x.dim(axis).size, columns = x.dim(axis + 1).size;
  const int64_t kept_rows = std::max<int64_t>(std::min(rows, matching(columns, height, width)), 1);
  const int64_t kept_columns = std::max<int64_t>(std::min(columns, matching(rows, width, height)), 1);
  const int64_t top = (rows - kept_rows) / 2, left = (columns - kept_columns) / 2;
  ir::Builder& b = x.builder();
  return b.slice(b.slice(x, axis, top, top + kept_rows), axis + 1, left, left + kept_columns);
}

/// Both sides get the same number of cells, as in Keras, also where the difference is odd.
Val pad_to_aspect(Val x, int axis, int64_t height, int64_t width, double value) {
  const int64_t rows = x.dim(axis).size, columns = x.dim(axis + 1).size;
  std::vector<Dim> pads(static_cast<size_t>(x.rank()));
  pads[static_cast<size_t>(axis)] = (std::max(rows, matching(columns, height, width)) - rows) / 2;
  pads[static_cast<size_t>(axis) + 1] = (std::max(columns, matching(rows, width, height)) - columns) / 2;
  return x.builder().pad(x, pads, pads, value);
}

}  // namespace

Val resize(Val x, int height_axis, int64_t height, int64_t width, const ResizeOptions& options) {
  if (x.poisoned()) return x;
  ir::Builder& b = x.builder();
  const auto& names = resize_interpolations();
  if (std::find(names.begin(), names.end(), options.interpolation) == names.end())
    return b.fail(fmt::format("interpolation {} is not known", options.interpolation));
  for (int axis : {height_axis, height_axis + 1})
    if (!x.dim(axis).is_static() || x.dim(axis).size < 1)
      return b.fail(fmt::format("dimension {} of {} must be known", axis, ir::keras_shape(x.shape())));
  if (options.crop_to_aspect_ratio) x = crop_to_aspect(x, height_axis, height, width);
  else if (options.pad_to_aspect_ratio) x = pad_to_aspect(x, height_axis, height, width, options.fill_value);
  if (options.interpolation != "nearest" && !is_float(x.dtype())) x = b.cast(x, DType::float32);
  return resize_axis(resize_axis(x, height_axis, height, options), height_axis + 1, width, options);
}

}  // namespace keratin
