#include "ir/ops/constant.h"

#include <fmt/format.h>

#include "ir/eval.h"
#include "ir/gradient.h"

namespace keratin::ir {

Result<Types> Constant::infer(const Attrs& attrs, const Types&) {
  if (!attrs.type.shape.is_static()) return Error{fmt::format("a constant of {} depends on the batch", to_string(attrs.type))};
  return Types{attrs.type};
}

void Constant::grad(const Attrs&, GradBuilder&) {}

void Constant::eval(const Attrs& attrs, const Tensors&, Tensors& out, Evaluator& evaluator) {
  out[0] = *evaluator.program().constants[attrs.id.index];
}

Lowering Constant::lower(const Attrs&, const Types&, const Types&) { return KernelFamily{"constant"}; }

std::string Constant::print(const Attrs& attrs) { return fmt::format("c{}", attrs.id.index); }

}  // namespace keratin::ir
