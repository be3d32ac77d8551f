#include "ir/plan/map_step.h"

#include <algorithm>

#include "ir/plan/planner.h"
#include "ir/support/check.h"

namespace keratin::ir {

namespace {

constexpr int64_t kWorthThreads = 16384;  // elements; the runtime keeps smaller maps on one thread too

/// Drops axes of extent 1 and merges neighbours that every operand walks as one.
void collapse(std::vector<Dim>& extents, std::vector<StridedLeaf>& operands) {
  for (size_t axis = extents.size(); axis-- > 0;) {
    if (!extents[axis].is_one() || extents.size() == 1) continue;
    extents.erase(extents.begin() + static_cast<ptrdiff_t>(axis));
    for (StridedLeaf& leaf : operands) leaf.strides.erase(leaf.strides.begin() + static_cast<ptrdiff_t>(axis));
  }
  for (size_t axis = extents.size(); axis-- > 1;) {
    const Dim inner = extents[axis], outer = extents[axis - 1];
    const std::optional<Dim> both = product(outer, inner);
    const bool merges = both && std::all_of(operands.begin(), operands.end(), [&](const StridedLeaf& leaf) { return product(leaf.strides[axis], inner) == leaf.strides[axis - 1]; });
    if (!merges) continue;
    extents[axis - 1] = *both;
    extents.erase(extents.begin() + static_cast<ptrdiff_t>(axis));
    for (StridedLeaf& leaf : operands) leaf.strides.erase(leaf.strides.begin() + static_cast<ptrdiff_t>(axis - 1));
  }
}

struct Loops {
  std::vector<Dim> extents;
  std::vector<StridedLeaf> operands;
};

Loops loops_of(const Map& map) {
  const Shape& shape = map.results[0].shape;
  Loops loops{shape.dims, {}};
  for (const Operand& result : map.results) loops.operands.push_back({result, result.strides, true});
  for (const Operand& leaf : map.leaves) loops.operands.push_back({leaf, leaf.strides, false});
  for (const StridedLeaf& operand : loops.operands) IR_CHECK(operand.operand.shape == shape, "an operand of another shape");
  if (loops.extents.empty()) {
    loops.extents.push_back(Dim(1));
    for (StridedLeaf& operand : loops.operands) operand.strides.push_back(Dim(1));
  }
  collapse(loops.extents, loops.operands);
  return loops;
}

Operand without_unit_axes(const Operand& operand) {
  Operand bare = operand;
  bare.shape.dims.clear();
  bare.strides.clear();
  for (int axis = 0; axis < operand.shape.rank(); ++axis) {
    if (operand.shape[axis].is_one()) continue;
    bare.shape.dims.push_back(operand.shape[axis]);
    bare.strides.push_back(operand.strides[static_cast<size_t>(axis)]);
  }
  return bare;
}

}  // namespace

ExpressionId add_expression(Plan& plan, Expression expression) {
  for (size_t i = 0; i < plan.expressions.size(); ++i)
    if (plan.expressions[i] == expression) return ExpressionId{static_cast<uint32_t>(i)};
  plan.expressions.push_back(std::move(expression));
  return ExpressionId{static_cast<uint32_t>(plan.expressions.size() - 1)};
}

int add_node(Expression& expression, Expression::Node node) {
  for (size_t i = 0; i < expression.nodes.size(); ++i)
    if (expression.nodes[i] == node) return static_cast<int>(i);
  expression.nodes.push_back(std::move(node));
  return static_cast<int>(expression.nodes.size() - 1);
}

bool on_vectors(const Map& map) {
  const DType dtype = storage(map.results[0].dtype);
  const auto fits = [&](const Operand& result) { return storage(result.dtype) == dtype; };
  const Expression& e = map.expression;
  const DType computed = e.nodes[static_cast<size_t>(e.results.empty() ? static_cast<int>(e.nodes.size()) - 1 : e.results[0])].dtype;
  return !map.leaves.empty() && e.vectorizable() && storage(computed) == dtype && std::all_of(map.results.begin(), map.results.end(), fits);
}

int64_t innermost_extent(const Map& map) {
  const Dim inner = loops_of(map).extents.back();
  return inner.batch > 0 ? inner.batch : inner.size;
}

Step map_step(Plan& plan, Step step, Map map) {
  Loops loops = loops_of(map);
  if (loops.extents.size() > 8) throw PlanError{"an element-wise operation over more than 8 axes is not supported"};
  step.kernel = std::string(on_vectors(map) ? "map" : "map_scalar") + (map.results.size() > 1 ? "_all" : "");
  step.header = "map.h";
  step.templates = {Template::of(static_cast<int64_t>(loops.extents.size()))};
  step.args.clear();
  const Shape extents(loops.extents);
  if (extents.is_static() && extents.static_count() >= kWorthThreads) step.args.push_back(PoolArg{});
  step.args.insert(step.args.end(), {ExtentsArg{loops.extents}, FunctorArg{add_expression(plan, std::move(map.expression))}});
  for (StridedLeaf& operand : loops.operands) step.args.push_back(std::move(operand));
  step.output = map.results.back();
  return step;
}

std::optional<Map> map_of(const Plan& plan, const Step& step) {
  if (step.kind != Step::Kind::call || step.header != "map.h") return std::nullopt;
  Map map;
  for (const Arg& arg : step.args) {
    if (const auto* functor = std::get_if<FunctorArg>(&arg)) map.expression = plan.expressions[functor->expression.index];
    if (const auto* leaf = std::get_if<StridedLeaf>(&arg)) (leaf->output ? map.results : map.leaves).push_back(without_unit_axes(leaf->operand));
  }
  return map;
}

}  // namespace keratin::ir
