// pack, in functions that compute weights; and packing for the rules of other kernels: pack.h.
#include "ir/plan/kernels/pack_plan.h"

#include "ir/plan/packing.h"

namespace keratin::ir {

namespace {

void add_panels(Planner& planner, const Node& node, const Target& target, const Operand& from, const PackedMatrix& m, const Operand& to) {
  Step step = planner.step("pack_panels", "pack.h", node, target);
  step.args = {AggregateArg{"PackShape", {m.outer, m.k, m.n, m.outer_stride, m.k_stride, m.n_stride}}, PointerArg{from, false}, PointerArg{to, true}, PoolArg{}};
  step.input = from;
  step.output = to;
  planner.add(std::move(step));
}

void plan(Planner& planner, const Node& node, const Target& target) {
  const Pack::Attrs attrs = *node.op.as<Pack>();
  if (attrs.layout == Pack::Layout::panels) {
    const Operand w = planner.operand(node.inputs[0]), packed = planner.result(target);
    return add_panels(planner, node, target, w, {1, w.shape[0].size, w.shape[1].size, 0, w.strides[0].size, w.strides[1].size}, packed);
  }
  const Operand w = planner.dense(node.inputs[0]), packed = planner.result(target);
  const int64_t columns = w.shape.back().size, units = columns / attrs.gates;
  const bool recurrent = attrs.layout == Pack::Layout::recurrent;
  Step step = planner.step(recurrent ? "pack_recurrent" : "pack_gate_columns", "pack.h", node, target);
  if (!recurrent) step.args.push_back(SizeArg{w.shape.rank() == 2 ? w.shape[0] : Dim(1)});
  step.args.insert(step.args.end(), {SizeArg{units}, SizeArg{attrs.gates}, PointerArg{w, false}, SizeArg{columns}, PointerArg{packed, true}});
  step.input = w;
  step.output = packed;
  planner.add(std::move(step));
}

}  // namespace

Operand pack_now(Planner& planner, const Node& node, const Operand& weights, const PackedMatrix& matrix, int64_t count, int64_t next) {
  const int64_t size = matrix.outer * matrix.k * padded_outputs(matrix.n);
  const Operand packed = planner.scratch_operand(weights.dtype, {Dim(count * size)}, "packed");
  for (int64_t i = 0; i < count; ++i) {
    Operand from = weights, to = packed;
    from.offset = from.offset + Dim(i * next);
    to.offset = to.offset + Dim(i * size);
    add_panels(planner, node, Target{}, from, matrix, to);
  }
  return packed;
}

KernelRule pack_rule() { return {.family = "pack", .plan = plan}; }

}  // namespace keratin::ir
