// random: random.h.
#include "ir/plan/kernels/rules.h"
#include "ir/plan/kernels/shapes.h"

namespace keratin::ir {

namespace {

const char* numbers_of(Random::Kind kind) {
  switch (kind) {
    case Random::Kind::uniform: return "UniformNumbers";
    case Random::Kind::normal: return "NormalNumbers";
    case Random::Kind::truncated_normal: return "TruncatedNumbers";
  }
  return "";
}

const char* format_of(DType dtype) { return dtype == DType::float64 ? "Float64Format" : dtype == DType::float16 ? "Float16Format" : dtype == DType::bfloat16 ? "BFloat16Format" : "Float32Format"; }

void plan(Planner& planner, const Node& node, const Target& target) {
  const Random::Attrs attrs = *node.op.as<Random>();
  const Operand key = planner.dense(node.inputs[0]), y = planner.result(target);
  Step step = planner.step("random", "random.h", node, target);
  step.templates = {Template::named(numbers_of(attrs.kind)), Template::named(format_of(attrs.type.dtype))};
  step.args = {SizeArg{extent_product(planner, node, y.shape, 0, y.shape.rank())}, PointerArg{key, false}, PointerArg{y, true}, PoolArg{}};
  step.input = key;
  step.output = y;
  planner.add(std::move(step));
}

}  // namespace

KernelRule random_rule() { return {.family = "random", .plan = plan}; }

}  // namespace keratin::ir
