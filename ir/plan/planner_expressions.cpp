// The pointwise half of the planner: expressions, epilogues and the loops that run them.
#include <algorithm>
#include <fmt/format.h>

#include "ir/plan/map_step.h"
#include "ir/plan/planner.h"
#include "ir/support/check.h"

namespace keratin::ir {

namespace {

bool is_half(DType dtype) { return dtype == DType::float16 || dtype == DType::bfloat16; }

/// An integer or bool in half precision: rounded once, from a double, which holds it.
int half_of(Expression& expression, int value, DType from, DType half) {
  const auto cast = [&](int operand, DType to, DType as) {
    const auto function = std::get<PointwiseFunction>(lower(Cast::Attrs{to}, {}, {}));
    return add_node(expression, {std::string(function.name), -1, {}, {operand}, as});
  };
  if (from == DType::boolean) return cast(value, DType::float32, half);
  return cast(cast(cast(value, DType::float64, DType::float64), half, DType::float64), DType::float32, half);
}

int add_leaf(Expression& expression, std::vector<Operand>& leaves, const Operand& operand) {
  for (size_t i = 0; i < leaves.size(); ++i) {
    const Operand& known = leaves[i];
    if (known.buffer == operand.buffer && known.strides == operand.strides && known.offset == operand.offset && known.loops == operand.loops && known.shape == operand.shape)
      return add_node(expression, {"", static_cast<int>(i), {}, {}, operand.dtype});
  }
  leaves.push_back(operand);
  expression.leaves = static_cast<int>(leaves.size());
  return add_node(expression, {"", static_cast<int>(leaves.size()) - 1, {}, {}, operand.dtype});
}

}  // namespace

/// The expression node of a value: absorbed pointwise nodes by recursion, constants as immediates, all else as leaves.
int Planner::build(ValueId id, ValueId sink, Expression& expression, std::vector<Operand>& leaves, std::map<ValueId, int>& memo) {
  if (const auto known = memo.find(id); known != memo.end()) return known->second;
  const DType dtype = type(id).dtype;
  int index;
  const Node* node = definition(id);
  if (const std::optional<Number> value = exact_scalar(id)) {
    index = add_node(expression, {"constant", -1, *value, {}, dtype});
  } else if (node && is_pointwise(*node) && frame_->sink[id.index] == sink && !frame_->operands[id.index]) {
    Types in, out;
    for (ValueId input : node->inputs) in.push_back(type(input));
    out.push_back(type(id));
    const auto function = std::get<PointwiseFunction>(lower(node->op, in, out));
    std::vector<int> args;
    for (ValueId input : node->inputs) args.push_back(build(input, sink, expression, leaves, memo));
    const bool conversion = node->op.as<Cast>() != nullptr;
    if (function.name == "identity" || (conversion && storage(in[0].dtype) == storage(dtype) && !is_half(dtype))) {
      index = args[0];  // widening from half precision: the same float
    } else if (conversion && is_half(dtype) && !is_float(in[0].dtype)) {
      index = half_of(expression, args[0], in[0].dtype, dtype);
    } else {
      index = add_node(expression, {std::string(function.name), -1, {}, std::move(args), dtype});
      if (is_half(dtype) && !conversion) index = add_node(expression, {dtype == DType::float16 ? "round_to_half" : "round_to_bfloat16", -1, {}, {index}, dtype});
    }
  } else {
    index = add_leaf(expression, leaves, operand(id));
  }
  memo[id] = index;
  return index;
}

void Planner::plan_pointwise(ValueId sink) {
  if (const std::optional<ValueId> root = root_of(sink))
    if (plan_with_root(*root, sink)) return;
  Expression expression;
  std::vector<Operand> leaves;
  std::map<ValueId, int> memo;
  const int top = build(sink, sink, expression, leaves, memo);
  // The result is the last node: repeat it there if a shared one came later.
  if (top != static_cast<int>(expression.nodes.size()) - 1) expression.nodes.push_back({"identity", -1, {}, {top}, type(sink).dtype});
  const Node& node = *definition(sink);
  Step map_step;
  map_step.origin = node.origin;
  collect_origins(sink, sink, map_step.fused);
  const Operand y = result(sink);
  map(y, std::move(expression), std::move(leaves), std::move(map_step));
}

void Planner::collect_origins(ValueId id, ValueId sink, std::vector<OriginId>& origins) const {
  const Node* node = definition(id);
  if (!node || frame_->sink[id.index] != sink) return;
  for (ValueId input : node->inputs) collect_origins(input, sink, origins);
  if (node->origin.valid() && std::find(origins.begin(), origins.end(), node->origin) == origins.end()) origins.push_back(node->origin);
}

/// The last kernel result that flows into this expression alone and has its shape: the expression becomes that kernel's epilogue.
std::optional<ValueId> Planner::root_of(ValueId sink) const {
  const Function& f = *frame_->function;
  for (size_t n = f.nodes.size(); n-- > 0;) {
    const Node& node = f.nodes[n];
    if (is_pointwise(node) || node.outputs.size() != 1) continue;
    const ValueId id = node.outputs[0];
    if (id == sink || frame_->sink[id.index] != sink || frame_->operands[id.index]) continue;
    if (type(id).shape == type(sink).shape && storage(type(id).dtype) == storage(type(sink).dtype)) return id;
  }
  return std::nullopt;
}

namespace {

/// How a leaf lies beside a dense result of this shape; nullopt: in no way that an epilogue can read.
std::optional<Epilogue::Reach> reach_of(const Operand& leaf, const Shape& shape) {
  if (leaf.shape != shape) return std::nullopt;
  bool all_zero = true, channel = true;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis].is_one()) continue;
    const Dim stride = leaf.strides[static_cast<size_t>(axis)];
    if (stride != Dim(0)) all_zero = false;
    if (axis + 1 == shape.rank() ? stride != Dim(1) : stride != Dim(0)) channel = false;
  }
  if (all_zero) return Epilogue::Reach::scalar;
  if (channel) return Epilogue::Reach::channel;
  if (leaf.dense()) return Epilogue::Reach::element;
  return std::nullopt;
}

}  // namespace

/// If the accumulator's only reader adds a number per channel, that is the kernel's bias and the sum the new accumulator.
std::optional<Operand> Planner::bias_after(ValueId& accumulator) {
  const std::vector<int>& users = frame_->users[accumulator.index];
  if (users.size() != 1) return std::nullopt;
  const Node& add = frame_->function->nodes[static_cast<size_t>(users[0])];
  const auto* binary = add.op.as<Binary>();
  if (!binary || binary->kind != Binary::Kind::add || add.inputs[0] == add.inputs[1] || is_half(type(accumulator).dtype)) return std::nullopt;
  const ValueId other = add.inputs[0] == accumulator ? add.inputs[1] : add.inputs[0];
  const Node* defined = definition(other);
  if (!defined || (is_pointwise(*defined) && frame_->sink[other.index] != other)) return std::nullopt;
  if (scalar(other)) return std::nullopt;
  const Operand leaf = operand(other);
  const std::optional<Epilogue::Reach> reach = reach_of(leaf, type(accumulator).shape);
  const bool one_channel = reach == Epilogue::Reach::scalar && type(accumulator).shape.back().is_one();
  if ((reach != Epilogue::Reach::channel && !one_channel) || type(other).dtype != type(accumulator).dtype) return std::nullopt;
  accumulator = add.outputs[0];
  return leaf;
}

std::optional<Epilogue> Planner::epilogue_of(ValueId accumulator, ValueId sink) {
  Epilogue epilogue;
  const Shape& shape = type(sink).shape;
  epilogue.channels = shape.back().is_static() ? shape.back().size : 1;
  if (accumulator == sink) return epilogue;
  Expression expression;
  std::vector<Operand> leaves(1);
  leaves[0].shape = shape;
  leaves[0].dtype = type(accumulator).dtype;
  expression.leaves = 1;
  std::map<ValueId, int> memo;
  memo[accumulator] = add_node(expression, {"", 0, {}, {}, type(accumulator).dtype});
  const int top = build(sink, sink, expression, leaves, memo);
  if (top != static_cast<int>(expression.nodes.size()) - 1) expression.nodes.push_back({"identity", -1, {}, {top}, type(sink).dtype});
  expression.leaves = static_cast<int>(leaves.size());
  if (!expression.vectorizable() || leaves.size() > kMostLeaves) return std::nullopt;
  for (size_t i = 1; i < leaves.size(); ++i) {
    const std::optional<Epilogue::Reach> reach = reach_of(leaves[i], shape);
    if (!reach || (*reach == Epilogue::Reach::scalar && leaves[i].dtype == DType::boolean)) return std::nullopt;
    epilogue.leaves.push_back({leaves[i], *reach});
  }
  epilogue.expression = add_expression(std::move(expression));
  return epilogue;
}

bool Planner::plan_with_root(ValueId root, ValueId sink, const Node* pool) {
  const Node& node = *definition(root);
  const auto alone = [&] {
    if (!pool) plan_kernel(node, Target{root, {}, {}, {}, nullptr});
    return false;
  };
  if (is_half(type(root).dtype)) return alone();  // rounded by the kernel's own store
  Target target{pool ? pool->outputs[0] : sink, {}, {}, {}, pool ? &pool->op.as<WindowReduce>()->window : nullptr};
  ValueId accumulator = root;
  const KernelRule* rule = rule_of(node);
  if (rule->takes_bias && rule->takes_bias(*this, node) && root != sink) target.bias = bias_after(accumulator);
  const std::optional<Epilogue> epilogue = epilogue_of(accumulator, sink);
  if (!epilogue) return alone();
  if (epilogue->expression.valid()) target.epilogue = epilogue;
  collect_origins(sink, sink, target.fused);
  if (pool && pool->origin.valid()) target.fused.push_back(pool->origin);
  plan_kernel(node, target);
  return true;
}

bool Planner::plan_pooled(const Node& pool, const Target& target) {
  const ValueId x = pool.inputs[0];
  if (!frame_->pooled[x.index] || frame_->operands[x.index] || target.epilogue) return false;
  const Node* node = definition(x);
  return plan_with_root(is_pointwise(*node) ? *root_of(x) : x, x, &pool);
}

// ---- loops ----------------------------------------------------------------------------------------------------------

void Planner::map(const Operand& y, Expression expression, std::vector<Operand> leaves, Step step) {
  if (leaves.size() > kMostLeaves) throw PlanError{"an expression reads more operands than a kernel takes"};
  if (!leaves.empty()) step.input = leaves[0];
  add(map_step(plan_, std::move(step), {{y}, std::move(leaves), std::move(expression)}));
}

void Planner::copy(const Operand& from, const Operand& to, OriginId origin) {
  Expression identity;
  identity.leaves = 1;
  identity.nodes.push_back({"", 0, {}, {}, from.dtype});
  Step step;
  step.origin = origin;
  map(to, std::move(identity), {from}, std::move(step));
}

}  // namespace keratin::ir
