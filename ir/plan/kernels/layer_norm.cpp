// The composite layer_norm over the last axis, and its gradient: norm.h, norm_grad.h. Over other axes they are inlined.
#include <algorithm>
#include <fmt/format.h>

#include "ir/plan/kernels/rules.h"
#include "ir/plan/kernels/shapes.h"

namespace keratin::ir {

namespace {

bool accepts(const Program&, const Function& function, const Node& node) {
  const auto& attributes = node.op.as<Composite>()->attributes;
  const Type& type = function.type(node.inputs[0]);
  const auto axes = attributes.find("axes");
  return axes != attributes.end() && std::get<std::string>(axes->second) == fmt::format("{}", type.shape.rank() - 1) && type.dtype == storage(type.dtype);
}

void plan(Planner& planner, const Node& node, const Target& target) {
  const auto attributes = node.op.as<Composite>()->attributes;
  const Operand x = planner.dense(node.inputs[0]);
  const DType dtype = x.dtype;
  size_t next = 1;
  const auto vector = [&](const char* flag) -> Arg {
    if (std::get<int64_t>(attributes.at(flag)) == 0) return NullArg{dtype};
    return PointerArg{planner.dense(node.inputs[next++]), false};
  };
  const Arg gamma = vector("scale"), beta = vector("center");
  const Operand y = planner.result(target);
  Step step = planner.step("layer_norm", "norm.h", node, target);
  step.templates = {Template::of(dtype)};
  step.args = {SizeArg{extent_product(planner, node, x.shape, 0, x.shape.rank() - 1)}, SizeArg{x.shape.back()}, PointerArg{x, false}, gamma, beta,
               NumberArg{std::get<double>(attributes.at("epsilon")), dtype}, PointerArg{y, true}, PoolArg{}};
  step.input = x;
  step.output = y;
  planner.add(std::move(step));
}

/// Operands: those of layer_norm, its result, the result's gradient. Results: the gradients of the inputs that `gradients` lists.
void plan_grad(Planner& planner, const Node& node, const Target& target) {
  const auto attributes = node.op.as<Composite>()->attributes;
  const std::vector<size_t> wanted = gradient_inputs(node);
  const bool scale = std::get<int64_t>(attributes.at("scale")) != 0;
  const Operand x = planner.dense(node.inputs[0]), dy = planner.dense(node.inputs.back());
  const DType dtype = x.dtype;
  const Arg gamma = scale ? Arg(PointerArg{planner.dense(node.inputs[1]), false}) : Arg(NullArg{dtype});
  std::vector<Operand> results;
  const auto result_for = [&](size_t input, bool needed) -> Arg {
    const auto found = std::find(wanted.begin(), wanted.end(), input);
    const bool is_there = found != wanted.end() && planner.is_read(node.outputs[static_cast<size_t>(found - wanted.begin())]);
    if (!is_there && !needed) return NullArg{dtype, true};
    results.push_back(is_there ? planner.result(node.outputs[static_cast<size_t>(found - wanted.begin())]) : planner.scratch_operand(dtype, x.shape, "unread"));
    return PointerArg{results.back(), true};
  };
  const size_t beta = scale ? 2 : 1;
  const Arg dx = result_for(0, true), d_gamma = scale ? result_for(1, false) : Arg(NullArg{dtype, true});
  const Arg d_beta = std::get<int64_t>(attributes.at("center")) != 0 ? result_for(beta, false) : Arg(NullArg{dtype, true});
  Step step = planner.step("layer_norm_grad", "norm_grad.h", node, target);
  step.templates = {Template::of(dtype)};
  const BufferId scratch = planner.scratch(dtype, times(Dim(64), x.shape.back()), "sums");
  step.args = {SizeArg{extent_product(planner, node, x.shape, 0, x.shape.rank() - 1)}, SizeArg{x.shape.back()}, PointerArg{x, false}, gamma, PointerArg{dy, false},
               NumberArg{std::get<double>(attributes.at("epsilon")), dtype}, dx, d_gamma, d_beta, ScratchArg{scratch}, PoolArg{}};
  step.input = dy;
  step.output = results.front();
  planner.add(std::move(step));
}

}  // namespace

KernelRule layer_norm_rule() { return {"layer_norm", false, accepts, plan, nullptr}; }
KernelRule layer_norm_grad_rule() { return {"layer_norm_grad", false, accepts, plan_grad, nullptr}; }

}  // namespace keratin::ir
