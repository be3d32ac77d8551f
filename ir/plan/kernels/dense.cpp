// dot: an activation times packed weights (dense.h), or two activations (matmul.h).
#include <algorithm>
#include <numeric>

#include "ir/plan/kernels/rules.h"
#include "ir/plan/kernels/shapes.h"

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

/// The operand with its axes in this order and dense: a view where possible, else a copy.
Operand arranged(Planner& planner, const Node& node, ValueId id, const std::vector<int>& order) {
  Operand view = transposed(planner.operand(id), order);
  if (view.dense()) return view;
  const BufferId copy = planner.scratch(view.dtype, Dim(0), "arranged");
  return planner.copy_of(view, copy, node.origin);
}

std::vector<int> joined(std::vector<int> a, const std::vector<int>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
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
  const Operand packed = planner.prepared(w_id, "packed", [&](Builder& b, Val w) {
    return b.add1(Pack::Attrs{Pack::Layout::panels}, {b.reshape(b.transpose(w, w_order), {Dim(k), Dim(n)})});
  });
  const Operand x = reads_rows(planner, node) ? planner.even_rows(x_id) : arranged(planner, node, x_id, joined(x_free, attrs.left_contract));
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

/// Two activations: C[b][m][n] = sum over k of A[b][m][k] B[b][k][n].
void plan_activations(Planner& planner, const Node& node, const Target& target, const Dot::Attrs& attrs) {
  const ValueId a_id = node.inputs[0], b_id = node.inputs[1];
  const Shape a_shape = planner.type(a_id).shape, b_shape = planner.type(b_id).shape;
  const std::vector<int> a_free = free_axes(a_shape.rank(), attrs.left_batch, attrs.left_contract), b_free = free_axes(b_shape.rank(), attrs.right_batch, attrs.right_contract);
  const Dim batch = extent_product(planner, node, a_shape, attrs.left_batch), m = extent_product(planner, node, a_shape, a_free), n = extent_product(planner, node, b_shape, b_free),
            k = extent_product(planner, node, a_shape, attrs.left_contract);
  const Operand a = arranged(planner, node, a_id, joined(joined(attrs.left_batch, a_free), attrs.left_contract));
  // B may lie [batch, k, n] or, as keys of attention do, [batch, n, k]: whichever needs no copy.
  const std::vector<int> natural = joined(joined(attrs.right_batch, attrs.right_contract), b_free), flipped = joined(joined(attrs.right_batch, b_free), attrs.right_contract);
  const Operand at = planner.operand(b_id);
  const bool turned = !transposed(at, natural).dense() && transposed(at, flipped).dense();
  const Operand b = arranged(planner, node, b_id, turned ? flipped : natural);
  const Operand y = planner.result(target);
  Step step = planner.step("matmul", "matmul.h", node, target);
  step.templates = {Template::of(planner.type(a_id).dtype), Template::flag(turned), Template::epilogue_type()};
  step.args = {AggregateArg{"MatmulShape", {m, n, k, k, turned ? k : n, n, Dim(1), batch, Dim(0), times(m, k), Dim(0), times(k, n), Dim(0), times(m, n)}}, PointerArg{a, false}, PointerArg{b, false},
               PointerArg{y, true}};
  step.args.push_back(target.epilogue.value_or(Epilogue{}));
  step.args.push_back(PoolArg{});
  step.input = planner.operand(a_id);
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
