// The composite layer_norm over the last axis: norm.h. Over other axes it is inlined.
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

}  // namespace

KernelRule layer_norm_rule() { return {"layer_norm", false, accepts, plan, nullptr}; }

}  // namespace keratin::ir
