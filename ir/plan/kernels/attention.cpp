// The composite attention, softmax(scale q k^T, masked) v of heads [batch, others..., steps, heads, dim], and its gradient: attention.h,
// attention_grad.h, which read heads and masks with any strides.
#include <algorithm>
#include <fmt/format.h>

#include "ir/plan/kernels/rules.h"
#include "ir/plan/kernels/shapes.h"

namespace keratin::ir {

namespace {

using Attributes = std::map<std::string, Composite::Attribute>;

bool flag(const Attributes& attributes, const char* name) { return std::get<int64_t>(attributes.at(name)) != 0; }
double number(const Attributes& attributes, const char* name) { return std::get<double>(attributes.at(name)); }

/// Why the kernel does not take it; empty: it does.
std::string declines(const Program&, const Function& function, const Node& node) {
  const Type &q = function.type(node.inputs[0]), &k = function.type(node.inputs[1]);
  if (q.dtype != storage(q.dtype)) return fmt::format("scores, softmax and sum one after another: the kernel does not round to {}", name_of(q.dtype));
  const int rank = q.shape.rank();
  for (const Type* type : {&q, &k})
    for (int axis = rank - 3; axis < rank; ++axis)
      if (!type->shape[axis].is_static()) return "scores, softmax and sum one after another: the kernel wants a known number of steps";
  return "";
}

/// Elements from one index of the first `axes` axes, counted as one, to the next; none: they are not evenly apart.
std::optional<Dim> even_batch(const Operand& operand, int axes) {
  std::optional<Dim> step, next;
  for (int axis = axes; axis-- > 0;) {
    const Dim extent = operand.shape[axis], stride = operand.strides[static_cast<size_t>(axis)];
    if (extent.is_one()) continue;
    if (step && (!next || stride != *next)) return std::nullopt;
    if (!step) step = stride;
    next = extent.is_static() ? std::optional(stride * extent.size) : std::nullopt;
  }
  return step.value_or(Dim(0));
}

/// Heads as the kernel reads them; a copy where neighbours in a head are apart or batch axes do not follow each other.
Operand heads(Planner& planner, ValueId id) {
  const Operand operand = planner.operand(id);
  const int rank = operand.shape.rank();
  const bool near = operand.shape.back().is_one() || operand.strides.back() == Dim(1);
  return near && even_batch(operand, rank - 3) ? operand : planner.dense(id);
}

RowsArg rows(const Operand& operand, bool writes) {
  const int rank = operand.shape.rank();
  const auto stride = [&](int axis) { return operand.strides[static_cast<size_t>(rank + axis)]; };
  return {"AttentionRows", !writes, operand, {*even_batch(operand, rank - 3), stride(-3), stride(-2)}, writes};
}

RowsArg mask_arg(Planner& planner, ValueId id) {
  Operand operand = planner.operand(id);
  const int rank = operand.shape.rank();
  if (!even_batch(operand, rank - 3)) operand = planner.dense(id);
  const auto stride = [&](int axis) { return operand.strides[static_cast<size_t>(rank + axis)]; };
  return {"AttentionMask", false, operand, {*even_batch(operand, rank - 3), stride(-3), stride(-2), stride(-1)}, false};
}

RowsArg no_mask(DType dtype) {
  RowsArg none{"AttentionMask", false, {}, {}, false};
  none.operand.dtype = dtype;
  return none;
}

constexpr int64_t kParts = 4;  // that may run on threads at the same time

RecordArg shape_of(Planner& planner, const Node& node, const Attributes& attributes, const Operand& q, const Operand& k) {
  const int rank = q.shape.rank();
  return {"AttentionShape", q.dtype,
          {extent_product(planner, node, q.shape, 0, rank - 3), q.shape[rank - 2], q.shape[rank - 3], k.shape[rank - 3], Dim(1), number(attributes, "scale"), flag(attributes, "causal"),
           number(attributes, "masked_score"), flag(attributes, "add_masked_score"), flag(attributes, "zero_masked"), Dim(kParts)}};
}

/// Elements of scratch memory: attention_scratch of the runtime.
int64_t scratch_elements(int64_t dim, int64_t keys, int64_t parts) { return parts * ((dim + 8) * ((keys + 31) / 32 * 32) + 8 * dim); }

void plan(Planner& planner, const Node& node, const Target& target) {
  const Attributes attributes = node.op.as<Composite>()->attributes;
  const Operand q = heads(planner, node.inputs[0]), k = heads(planner, node.inputs[1]), v = heads(planner, node.inputs[2]);
  const DType dtype = q.dtype;
  const int rank = q.shape.rank();
  const int64_t dim = q.shape.back().size, keys = k.shape[rank - 3].size;
  const RowsArg mask = flag(attributes, "masked") ? mask_arg(planner, node.inputs[3]) : no_mask(DType::boolean);
  const Operand y = planner.result(node.outputs[0]);
  Step step = planner.step("attention", "attention.h", node, target);
  step.templates = {Template::of(dtype), Template::of(dim), Template::of(v.shape.back().size)};
  step.args = {shape_of(planner, node, attributes, q, k), rows(q, false), rows(k, false), rows(v, false), rows(y, true), mask, no_mask(dtype)};
  if (planner.is_read(node.outputs[1])) step.args.push_back(PointerArg{planner.result(node.outputs[1]), true});
  else step.args.push_back(NullArg{dtype, true});
  step.args.push_back(ScratchArg{planner.scratch(dtype, Dim(scratch_elements(dim, keys, kParts)), "scores")});
  step.args.push_back(PoolArg{});
  step.input = q;
  step.output = y;
  planner.add(std::move(step));
}

/// Why the gradient's kernel does not take it: where places are masked, it reads zeros for their weights. A query that sees no key at all
/// weighs all of them alike unless masked weights are set to zero, which only the mask would tell.
std::string grad_declines(const Program& program, const Function& function, const Node& node) {
  const Attributes& attributes = node.op.as<Composite>()->attributes;
  if (flag(attributes, "masked") && !flag(attributes, "zero_masked") && !flag(attributes, "add_masked_score")) return "gradients of scores, softmax and sum one after another: the kernel does not read masks";
  return declines(program, function, node);
}

/// Operands: those of attention, its result and weights, the gradients of both. Results: the gradients of the inputs that `gradients` lists.
void plan_grad(Planner& planner, const Node& node, const Target& target) {
  const Attributes attributes = node.op.as<Composite>()->attributes;
  const std::vector<size_t> wanted = gradient_inputs(node);
  const size_t inputs = node.inputs.size() - 4;
  const Operand q = heads(planner, node.inputs[0]), k = heads(planner, node.inputs[1]), v = heads(planner, node.inputs[2]);
  const Operand weights = planner.dense(node.inputs[inputs + 1]), dy = heads(planner, node.inputs[inputs + 2]);
  const DType dtype = q.dtype;
  const int rank = q.shape.rank();
  Step step = planner.step("attention_grad", "attention_grad.h", node, target);
  step.templates = {Template::of(dtype)};
  step.args = {shape_of(planner, node, attributes, q, k), SizeArg{q.shape.back()}, SizeArg{v.shape.back()}, rows(q, false), rows(k, false), rows(v, false), PointerArg{weights, false}, rows(dy, false)};
  if (planner.scalar(node.inputs[inputs + 3]) == 0.0) step.args.push_back(NullArg{dtype});
  else step.args.push_back(PointerArg{planner.dense(node.inputs[inputs + 3]), false});
  for (size_t input = 0; input < 3; ++input) {
    const auto found = std::find(wanted.begin(), wanted.end(), input);
    const size_t at = static_cast<size_t>(found - wanted.begin());
    RowsArg result{"AttentionRows", false, {}, {}, true};
    result.operand.dtype = dtype;
    if (found != wanted.end() && planner.is_read(node.outputs[at])) {
      const Operand y = planner.result(node.outputs[at]);
      result = rows(y, true);
      step.output = y;
    }
    step.args.push_back(result);
  }
  step.args.push_back(ScratchArg{planner.scratch(dtype, times(Dim(kParts), times(q.shape[rank - 3], k.shape[rank - 3])), "scores")});
  step.args.push_back(PoolArg{});
  step.input = dy;
  planner.add(std::move(step));
}

}  // namespace

KernelRule attention_grad_rule() { return {.family = "attention_grad", .plan = plan_grad, .declines = grad_declines}; }
KernelRule attention_rule() { return {.family = "attention", .plan = plan, .declines = declines}; }

}  // namespace keratin::ir
