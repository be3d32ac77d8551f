// dot: an activation times packed weights (dense.h), or two activations (matmul.h).
#include <algorithm>
#include <numeric>

#include "ir/plan/kernels/rules.h"
#include "ir/plan/kernels/shapes.h"
#include "ir/support/check.h"

namespace keratin::ir {

namespace {

std::vector<int> free_axes(int rank, const std::vector<int>& batch, const std::vector<int>& contract) {
  std::vector<int> axes;
  for (int axis = 0; axis < rank; ++axis)
    if (std::find(batch.begin(), batch.end(), axis) == batch.end() && std::find(contract.begin(), contract.end(), axis) == contract.end()) axes.push_back(axis);
  return axes;
}

Operand transposed(const Operand& from, const std::vector<int>& order) {
  Operand to = from;
  to.shape.dims.clear();
  to.strides.clear();
  for (int axis : order) {
    to.shape.dims.push_back(from.shape[axis]);
    to.strides.push_back(from.strides[static_cast<size_t>(axis)]);
  }
  return to;
}

std::vector<int> joined(std::vector<int> a, const std::vector<int>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// The operand with its axes in this order and dense: a view where possible, else a copy.
Operand arranged(Planner& planner, const Node& node, const Operand& from, const std::vector<int>& order) {
  const Operand view = transposed(from, order);
  if (view.dense()) return view;
  return planner.copy_of(view, planner.scratch(view.dtype, Dim(0), "arranged"), node.origin);
}

constexpr int64_t kAlternateBytes = 65536;

/// Weights of a few KB are worked off in the caller, where one row is likely: a call would take as long as the product.
bool is_small(Dim rows, int64_t k, int64_t n, DType dtype) {
  constexpr int64_t kSmallBytes = 8192;
  return (rows == kBatch || rows.is_one()) && k * n * static_cast<int64_t>(size_of(dtype)) <= kSmallBytes;
}

bool is_weighted(const Planner& planner, const Node& node) {
  return planner.is_weight(node.inputs[1]) && node.op.as<Dot>()->left_batch.empty() && !planner.is_weight(node.inputs[0]);
}
/// Rows of x are vectors that are multiplied; rows of the result are all columns of one.
bool reads_rows(const Planner& planner, const Node& node) { return is_weighted(planner, node) && node.op.as<Dot>()->left_contract == std::vector<int>{planner.type(node.inputs[0]).shape.rank() - 1}; }
bool writes_rows(const Planner& planner, const Node& node) { return is_weighted(planner, node) && planner.type(node.inputs[1]).shape.rank() == static_cast<int>(node.op.as<Dot>()->right_contract.size()) + 1; }

void plan_weights(Planner& planner, const Node& node, const Target& target, const Dot::Attrs& attrs) {
  const ValueId x_id = node.inputs[0], w_id = node.inputs[1];
  const Shape x_shape = planner.type(x_id).shape, w_shape = planner.type(w_id).shape;
  const std::vector<int> x_free = free_axes(x_shape.rank(), {}, attrs.left_contract), w_free = free_axes(w_shape.rank(), {}, attrs.right_contract);
  const Dim rows = extent_product(planner, node, x_shape, x_free);
  const int64_t k = extent_product(planner, node, w_shape, attrs.right_contract).size, n = extent_product(planner, node, w_shape, w_free).size;
  const std::vector<int> w_order = joined(attrs.right_contract, w_free);
  const Operand packed = planner.prepared(w_id, std::is_sorted(w_order.begin(), w_order.end()) ? "packed" : "turned", [&](Builder& b, Val w) {
    return b.add1(Pack::Attrs{Pack::Layout::panels}, {b.reshape(b.transpose(w, w_order), {Dim(k), Dim(n)})});
  });
  const Operand x = reads_rows(planner, node) ? planner.even_rows(x_id) : arranged(planner, node, planner.operand(x_id), joined(x_free, attrs.left_contract));
  const DType dtype = planner.type(x_id).dtype;
  const Operand y = planner.result(target);
  const int64_t x_stride = reads_rows(planner, node) ? *x.row_stride() : k, y_stride = writes_rows(planner, node) ? *y.row_stride() : n;
  const bool small = is_small(rows, k, n, dtype);
  Step step = planner.step(small ? "dense_small" : "dense", "dense.h", node, target);
  step.templates = {Template::of(dtype), Template::of(k), Template::of(n), Template::epilogue_type()};
  const bool prefetches = !small && planner.prefetches();
  if (prefetches || x_stride != k || y_stride != n) {
    step.templates.push_back(Template::of(x_stride));
    step.templates.push_back(Template::of(y_stride));
    if (prefetches) step.templates.push_back(Template::flag(true));
  }
  step.args = {SizeArg{rows}, PointerArg{x, false}, PointerArg{packed, false}};
  step.args.push_back(target.bias ? Arg(PointerArg{*target.bias, false}) : Arg(NullArg{dtype}));
  step.args.push_back(PointerArg{y, true});
  step.args.push_back(target.epilogue.value_or(Epilogue{}));
  if (!small) {
    // Weights that leave the cache from call to call: the half that was read last is still there.
    if (planner.prefetches() && k * n * static_cast<int64_t>(size_of(dtype)) >= kAlternateBytes) step.args.push_back(AlternateArg{});
    step.args.push_back(PoolArg{});
  }
  step.input = planner.operand(x_id);
  step.output = y;
  planner.add(std::move(step));
}

/// Elements from one index of the axes, counted as one, to the next; none: they are not evenly apart. Where there is one index: 0.
std::optional<Dim> even_stride(const Operand& operand, const std::vector<int>& axes) {
  std::optional<Dim> step, next;
  for (size_t i = axes.size(); i-- > 0;) {
    const Dim extent = operand.shape[axes[i]], stride = operand.strides[static_cast<size_t>(axes[i])];
    if (extent.is_one()) continue;
    if (step && (!next || stride != *next)) return std::nullopt;
    if (!step) step = stride;
    next = product(stride, extent);
  }
  return step.value_or(Dim(0));
}

/// One side of a product of activations as matmul.h reads it: `rows` and `columns` of a matrix, one of which is contiguous, and the batch
/// in two indices.
struct Side {
  Operand operand;
  std::vector<int> batch, rows, columns;
  Dim row, column;  // strides; 0 where there is one index

  /// Whether the matrix can be read where it lies.
  bool even() {
    const std::optional<Dim> r = even_stride(operand, rows), c = even_stride(operand, columns);
    if (!r || !c) return false;
    row = *r;
    column = *c;
    return contiguous(column, columns) || contiguous(row, rows);
  }
  bool contiguous(Dim stride, const std::vector<int>& axes) const {
    return stride == Dim(1) || std::all_of(axes.begin(), axes.end(), [&](int axis) { return operand.shape[axis].is_one(); });
  }
  bool turned() const { return !contiguous(column, columns); }
  /// From one row of what is contiguous to the next.
  Dim step() const { return turned() ? column : row; }
  /// Strides of the batch cut after its first `outer` axes.
  std::optional<std::pair<Dim, Dim>> cut(size_t outer) const {
    const auto middle = batch.begin() + static_cast<ptrdiff_t>(outer);
    const std::optional<Dim> first = even_stride(operand, {batch.begin(), middle}), second = even_stride(operand, {middle, batch.end()});
    return first && second ? std::optional(std::pair(*first, *second)) : std::nullopt;
  }
  void copy(Planner& planner, const Node& node) {
    operand = arranged(planner, node, operand, joined(joined(batch, rows), columns));
    int axis = 0;
    for (std::vector<int>* list : {&batch, &rows, &columns})
      for (int& at : *list) at = axis++;
    IR_CHECK(even(), "a dense matrix");
  }
};

/// How many axes of the batch are the outer index, so that both sides are read where they lie; a side that does not fit is copied.
size_t cut_batch(Planner& planner, const Node& node, Side& a, Side& b) {
  const auto find = [](const std::vector<const Side*>& sides) -> std::optional<size_t> {
    for (size_t outer = 0; outer <= sides[0]->batch.size(); ++outer)
      if (std::all_of(sides.begin(), sides.end(), [&](const Side* side) { return side->cut(outer).has_value(); })) return outer;
    return std::nullopt;
  };
  if (!find({&a})) a.copy(planner, node);
  if (!find({&b})) b.copy(planner, node);
  if (const std::optional<size_t> outer = find({&a, &b})) return *outer;
  a.copy(planner, node);
  return *find({&a, &b});
}

/// Two activations: C[b][m][n] = sum over k of A[b][m][k] B[b][k][n].
void plan_activations(Planner& planner, const Node& node, const Target& target, const Dot::Attrs& attrs) {
  const Operand left = planner.operand(node.inputs[0]), right = planner.operand(node.inputs[1]);
  const std::vector<int> left_free = free_axes(left.shape.rank(), attrs.left_batch, attrs.left_contract), right_free = free_axes(right.shape.rank(), attrs.right_batch, attrs.right_contract);
  const Dim m = extent_product(planner, node, left.shape, left_free), n = extent_product(planner, node, right.shape, right_free), k = extent_product(planner, node, left.shape, attrs.left_contract);
  Side a{left, attrs.left_batch, left_free, attrs.left_contract, {}, {}}, b{right, attrs.right_batch, attrs.right_contract, right_free, {}, {}};
  for (Side* side : {&a, &b})
    if (!side->even()) side->copy(planner, node);
  const size_t cut = cut_batch(planner, node, a, b);
  const auto extents = [&](size_t begin, size_t end) {
    return extent_product(planner, node, a.operand.shape, std::vector<int>(a.batch.begin() + static_cast<ptrdiff_t>(begin), a.batch.begin() + static_cast<ptrdiff_t>(end)));
  };
  const Dim outer = extents(0, cut), inner = extents(cut, a.batch.size()), matrix = times(m, n);
  const auto [a_outer, a_inner] = *a.cut(cut);
  const auto [b_outer, b_inner] = *b.cut(cut);
  const Operand y = planner.result(target);
  Step step = planner.step("matmul", "matmul.h", node, target);
  step.templates = {Template::of(planner.type(node.inputs[0]).dtype), Template::flag(b.turned()), Template::epilogue_type()};
  // In training most products have an epilogue of their own: it runs apart, so that they share code. Small products of a batch (attention) would notice.
  const bool apart = target.epilogue && planner.reads_keras_weights() && attrs.left_batch.empty();
  if (a.turned() || apart) step.templates.push_back(Template::flag(a.turned()));
  if (apart) step.templates.push_back(Template::flag(true));
  step.args = {AggregateArg{"MatmulShape", {m, n, k, a.step(), b.step(), n, outer, inner, a_outer, a_inner, b_outer, b_inner, times(inner, matrix), matrix}}, PointerArg{a.operand, false},
               PointerArg{b.operand, false}, PointerArg{y, true}};
  step.args.push_back(target.epilogue.value_or(Epilogue{}));
  step.args.push_back(PoolArg{});
  step.input = left;
  step.output = y;
  planner.add(std::move(step));
}

void plan_dot(Planner& planner, const Node& node, const Target& target) {
  const auto& attrs = *node.op.as<Dot>();
  if (is_weighted(planner, node)) return plan_weights(planner, node, target, attrs);
  plan_activations(planner, node, target, attrs);
}

}  // namespace

KernelRule dense_rule() { return {.family = "dot", .takes_epilogue = true, .plan = plan_dot, .takes_bias = is_weighted, .writes_rows = writes_rows, .reads_rows = reads_rows}; }

}  // namespace keratin::ir
