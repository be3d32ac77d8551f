#include "ir/plan/make_plan.h"

#include <algorithm>

#include "ir/passes/eliminate_dead.h"
#include "ir/passes/split_prepare.h"
#include "ir/plan/fuse_maps.h"
#include "ir/plan/memory.h"

namespace keratin::ir {

namespace {

bool batch_leads(const Shape& shape) {
  for (int axis = 1; axis < shape.rank(); ++axis)
    if (!shape[axis].is_static()) return false;
  return shape.rank() == 0 || shape[0].is_static() || shape[0].size == 0;
}

bool is_batched(const Shape& shape) { return shape.rank() > 0 && !shape[0].is_static(); }

bool contains(const std::vector<int>& axes, int axis) { return std::find(axes.begin(), axes.end(), axis) != axes.end(); }

/// Whether the node keeps every example to itself; all its shapes have the batch in front.
bool keeps_examples_apart(const Program& program, const Function& f, const Node& node) {
  const auto in = [&](size_t i) -> const Shape& { return f.type(node.inputs[i]).shape; };
  if (node.op.as<Size>() && !node.op.as<Size>()->dim.is_static()) return false;
  if (const auto* reduce = node.op.as<Reduce>()) return !is_batched(in(0)) || !contains(reduce->axes, 0);
  if (const auto* reverse = node.op.as<Reverse>()) return !is_batched(in(0)) || !contains(reverse->axes, 0);
  if (const auto* op = node.op.as<Cumulative>()) return !is_batched(in(0)) || op->axis != 0;
  if (const auto* op = node.op.as<ArgReduce>()) return !is_batched(in(0)) || op->axis != 0;
  if (const auto* op = node.op.as<Concatenate>()) return op->axis != 0;
  if (const auto* slice = node.op.as<Slice>()) return !is_batched(in(0)) || (slice->start[0] == Dim(0) && slice->limit[0] == in(0)[0] && slice->stride[0] == 1);
  if (const auto* pad = node.op.as<Pad>()) return !is_batched(in(0)) || (pad->low[0] == Dim(0) && pad->high[0] == Dim(0) && pad->interior[0] == 0);
  if (const auto* window = node.op.as<WindowReduce>()) return !is_batched(in(0)) || window->window.size[0] == 1;
  if (const auto* gather = node.op.as<Gather>()) return !is_batched(in(0)) || gather->axis != 0;
  if (const auto* dot = node.op.as<Dot>()) {
    if (is_batched(in(0)) && contains(dot->left_contract, 0)) return false;
    if (is_batched(in(1)) && (contains(dot->right_contract, 0) || !contains(dot->right_batch, 0))) return false;
    return true;
  }
  if (node.op.as<ConvKernelGrad>() || node.op.as<ScatterAdd>() || node.op.as<Random>()) return false;
  if (const auto* iota = node.op.as<Iota>()) return iota->axis != 0 || iota->type.shape[0].is_static();
  if (const auto* scan = node.op.as<Scan>()) return scan->axis != 0 && is_separable(program, program.function(scan->body));
  if (const auto* composite = node.op.as<Composite>()) return is_separable(program, program.function(composite->body));
  return true;
}

}  // namespace

bool is_separable(const Program& program, const Function& function) {
  for (const Value& value : function.values)
    if (!batch_leads(value.type.shape)) return false;
  return std::all_of(function.nodes.begin(), function.nodes.end(), [&](const Node& node) { return keeps_examples_apart(program, function, node); });
}

namespace {

bool is_batched(const Function& f, const std::vector<ValueId>& ids) {
  return std::all_of(ids.begin(), ids.end(), [&](ValueId id) { return is_batched(f.type(id).shape); });
}

PlannedFunction plan_predict(Program& program, Plan& plan, const PlanOptions& options, FunctionId predict, FunctionId prepare) {
  PlannedFunction function = Planner(program, plan, options, predict, prepare).run();
  const Function& f = program.function(predict);
  // A batch that no input has is no batch.
  const bool batched = !f.parameters.empty() && is_batched(f, f.parameters) && is_batched(f, f.outputs);
  function.separable = batched && f.updates.empty() && is_separable(program, f);
  return function;
}

/// Forms of weights that were the source of others only are not kept.
void keep_what_is_read(Program& program, FunctionId prepare, const PlannedFunction& predict) {
  std::erase_if(program.function(prepare).updates, [&](const Update& update) {
    return std::none_of(predict.buffers.begin(), predict.buffers.end(), [&](const Buffer& buffer) { return buffer.role == BufferRole::prepared && buffer.index == update.variable.index; });
  });
  eliminate_dead(program, prepare);
}

PlannedFunction plan_on_weights(Program& program, Plan& plan, const PlanOptions& options, FunctionId id) {
  PlannedFunction function = Planner(program, plan, options, id, {}, WeightsFrom::keras).run();
  function.separable = false;
  return function;
}

}  // namespace

Result<Plan> make_plan(Program& program, const PlanOptions& options, const std::vector<FunctionId>& on_weights) {
  Plan plan;
  FunctionId prepare = program.find("prepare");
  if (!prepare.valid()) {
    program.functions.push_back({});
    program.functions.back().name = "prepare";
    prepare = FunctionId{static_cast<uint32_t>(program.functions.size() - 1)};
  }
  try {
    plan.functions.push_back(plan_predict(program, plan, options, program.find("predict"), prepare));
    for (FunctionId id : on_weights) plan.functions.push_back(plan_on_weights(program, plan, options, id));
    if (!on_weights.empty() || options.keep_weights) {
      keep_what_is_read(program, prepare, plan.functions[0]);
      plan.functions.push_back(plan_on_weights(program, plan, options, prepare));  // the last: planning predict fills it
    }
    for (PlannedFunction& function : plan.functions) {
      if (options.fuse) fuse_maps(program, plan, function);
      find_lives(function);
      assign_memory(function, options.reuse, options.block);
    }
  } catch (const PlanError& error) {
    return Error{error.message};
  }
  if (Result<Done> done = evaluate_prepare(program); !done) return Error{done.error()};
  plan.program = &program;
  return plan;
}

}  // namespace keratin::ir
