#include "ir/ops/dot.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <numeric>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/conv_patches.h"

namespace keratin::ir {

namespace {

/// The axes of one operand that are in neither list, in order.
std::vector<int> free_axes(int rank, const std::vector<int>& batch, const std::vector<int>& contract) {
  std::vector<int> axes;
  for (int axis = 0; axis < rank; ++axis)
    if (std::find(batch.begin(), batch.end(), axis) == batch.end() && std::find(contract.begin(), contract.end(), axis) == contract.end())
      axes.push_back(axis);
  return axes;
}

Result<Done> check_axes(const char* side, int rank, const std::vector<int>& batch, const std::vector<int>& contract) {
  std::vector<bool> seen(static_cast<size_t>(rank));
  for (const auto* axes : {&batch, &contract})
    for (int axis : *axes) {
      if (axis < 0 || axis >= rank) return Error{fmt::format("axis {} of the {} operand, which has {} axes", axis, side, rank)};
      if (seen[static_cast<size_t>(axis)]) return Error{fmt::format("axis {} of the {} operand is named twice", axis, side)};
      seen[static_cast<size_t>(axis)] = true;
    }
  return Done{};
}

Result<Done> check_pairs(const char* what, const std::vector<int>& left_axes, const std::vector<int>& right_axes, const Shape& left,
                         const Shape& right) {
  if (left_axes.size() != right_axes.size())
    return Error{fmt::format("{} {} axes of the left operand with {} of the right", what, left_axes.size(), right_axes.size())};
  for (size_t i = 0; i < left_axes.size(); ++i)
    if (left[left_axes[i]] != right[right_axes[i]])
      return Error{fmt::format("{} axis {} of {} with axis {} of {}: {} and {}", what, left_axes[i], to_string(left), right_axes[i],
                               to_string(right),
                               to_string(left[left_axes[i]]), to_string(right[right_axes[i]]))};
  return Done{};
}

std::vector<int> joined(const std::vector<int>& a, const std::vector<int>& b, const std::vector<int>& c) {
  std::vector<int> all = a;
  all.insert(all.end(), b.begin(), b.end());
  all.insert(all.end(), c.begin(), c.end());
  return all;
}

std::vector<int> range(size_t first, size_t count) {
  std::vector<int> axes(count);
  std::iota(axes.begin(), axes.end(), static_cast<int>(first));
  return axes;
}

/// The gradient of one operand: a contraction of the output's gradient with the other operand over the other's free axes. Which of them
/// stands on the left is chosen so that the axes come out as the operand has them, where that is possible; a transpose does the rest.
Val operand_gradient(Builder& b, Val dy, Val other, bool is_left, const std::vector<int>& own_batch, const std::vector<int>& own_contract,
                     const std::vector<int>& other_batch, const std::vector<int>& other_contract, int own_rank) {
  const std::vector<int> own_free = free_axes(own_rank, own_batch, own_contract);
  const std::vector<int> other_free = free_axes(other.rank(), other_batch, other_contract);
  const size_t batch = own_batch.size();
  const std::vector<int> dy_batch = range(0, batch), dy_contract = range(is_left ? batch + own_free.size() : batch, other_free.size());
  const bool free_first = own_free.empty() || own_contract.empty() || own_free.front() < own_contract.front();
  const Val product = free_first ? b.dot(dy, other, Dot::Attrs{dy_batch, other_batch, dy_contract, other_free})
                                 : b.dot(other, dy, Dot::Attrs{other_batch, dy_batch, other_free, dy_contract});
  // The left-over axes of `other` are the contracted ones, in the order in which they stand there.
  std::vector<int> sorted = other_contract;
  std::sort(sorted.begin(), sorted.end());
  const size_t free_at = free_first ? batch : batch + sorted.size(), contract_at = free_first ? batch + own_free.size() : batch;
  std::vector<int> position(static_cast<size_t>(own_rank));  // of each axis of the operand in the product
  for (size_t i = 0; i < batch; ++i) position[static_cast<size_t>(own_batch[i])] = static_cast<int>(i);
  for (size_t i = 0; i < own_free.size(); ++i) position[static_cast<size_t>(own_free[i])] = static_cast<int>(free_at + i);
  for (size_t i = 0; i < own_contract.size(); ++i) {
    const auto place = std::find(sorted.begin(), sorted.end(), other_contract[i]) - sorted.begin();
    position[static_cast<size_t>(own_contract[i])] = static_cast<int>(contract_at + static_cast<size_t>(place));
  }
  return b.transpose(product, position);
}

/// A copy with the axes in that order.
template <class T>
std::vector<T> permuted(const std::vector<T>& from, const std::vector<int64_t>& shape, const std::vector<int>& order) {
  const std::vector<int64_t> strides = row_major_strides(shape);
  std::vector<int64_t> extents;
  for (int axis : order) extents.push_back(shape[static_cast<size_t>(axis)]);
  std::vector<T> to(from.size());
  for_each_coordinate(extents, [&](int64_t i, const std::vector<int64_t>& at) {
    int64_t source = 0;
    for (size_t axis = 0; axis < at.size(); ++axis) source += at[axis] * strides[static_cast<size_t>(order[axis])];
    to[static_cast<size_t>(i)] = from[static_cast<size_t>(source)];
  });
  return to;
}

int64_t extent(const std::vector<int64_t>& shape, const std::vector<int>& axes) {
  int64_t product = 1;
  for (int axis : axes) product *= shape[static_cast<size_t>(axis)];
  return product;
}

}  // namespace

Result<Types> Dot::infer(const Attrs& attrs, const Types& in) {
  if (in[0].dtype != in[1].dtype) return Error{fmt::format("multiplies {} by {}", name_of(in[0].dtype), name_of(in[1].dtype))};
  if (!is_float(in[0].dtype) && !is_integer(in[0].dtype)) return Error{fmt::format("takes numbers, not {}", name_of(in[0].dtype))};
  const Shape &left = in[0].shape, &right = in[1].shape;
  if (auto ok = check_axes("left", left.rank(), attrs.left_batch, attrs.left_contract); !ok) return Error{ok.error()};
  if (auto ok = check_axes("right", right.rank(), attrs.right_batch, attrs.right_contract); !ok) return Error{ok.error()};
  if (auto ok = check_pairs("pairs", attrs.left_batch, attrs.right_batch, left, right); !ok) return Error{ok.error()};
  if (auto ok = check_pairs("contracts", attrs.left_contract, attrs.right_contract, left, right); !ok) return Error{ok.error()};
  Shape out;
  for (int axis : attrs.left_batch) out.dims.push_back(left[axis]);
  for (int axis : free_axes(left.rank(), attrs.left_batch, attrs.left_contract)) out.dims.push_back(left[axis]);
  for (int axis : free_axes(right.rank(), attrs.right_batch, attrs.right_contract)) out.dims.push_back(right[axis]);
  return Types{{in[0].dtype, out}};
}

void Dot::grad(const Attrs& a, GradBuilder& g) {
  Builder& b = g.builder();
  if (g.wants(0))
    g.set(0, operand_gradient(b, g.d_out(), g.in(1), true, a.left_batch, a.left_contract, a.right_batch, a.right_contract, g.in(0).rank()));
  if (g.wants(1))
    g.set(1, operand_gradient(b, g.d_out(), g.in(0), false, a.right_batch, a.right_contract, a.left_batch, a.left_contract,
                              g.in(1).rank()));
}

void Dot::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator& evaluator) {
  const std::vector<int64_t>&left = in[0].shape, &right = in[1].shape;
  const std::vector<int> left_free = free_axes(in[0].rank(), attrs.left_batch, attrs.left_contract);
  const std::vector<int> right_free = free_axes(in[1].rank(), attrs.right_batch, attrs.right_contract);
  const std::vector<int> left_order = joined(attrs.left_batch, left_free, attrs.left_contract);        // [batch, m, k]
  const std::vector<int> right_order = joined(attrs.right_batch, attrs.right_contract, right_free);  // [batch, k, n]
  const int64_t batch = extent(left, attrs.left_batch), m = extent(left, left_free), k = extent(left, attrs.left_contract);
  const int64_t n = extent(right, right_free);
  if (is_float(out[0].dtype)) {
    const std::vector<double> a = permuted(in[0].floats, left, left_order), b = permuted(in[1].floats, right, right_order);
    std::fill(out[0].floats.begin(), out[0].floats.end(), 0.0);
    for (int64_t i = 0; i < batch; ++i)
      matmul_add(m, n, k, a.data() + i * m * k, k, 1, b.data() + i * k * n, n, out[0].floats.data() + i * m * n, n);
    for (double& value : out[0].floats) value = evaluator.round(out[0].dtype, value);
    return;
  }
  const std::vector<int64_t> a = permuted(in[0].integers, left, left_order), b = permuted(in[1].integers, right, right_order);
  for (int64_t i = 0; i < batch * m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      uint64_t sum = 0;  // wraps around
      for (int64_t p = 0; p < k; ++p)
        sum += static_cast<uint64_t>(a[static_cast<size_t>(i * k + p)]) *
               static_cast<uint64_t>(b[static_cast<size_t>((i / m * k + p) * n + j)]);
      out[0].integers[static_cast<size_t>(i * n + j)] = wrap_to(out[0].dtype, static_cast<int64_t>(sum));
    }
}

Lowering Dot::lower(const Attrs&, const Types&, const Types&) { return KernelFamily{"dot"}; }

std::string Dot::print(const Attrs& attrs) {
  std::string text;
  if (!attrs.left_batch.empty()) text = fmt::format("batch=({}|{}) ", fmt::join(attrs.left_batch, ","), fmt::join(attrs.right_batch, ","));
  return text + fmt::format("contract=({}|{})", fmt::join(attrs.left_contract, ","), fmt::join(attrs.right_contract, ","));
}

}  // namespace keratin::ir
