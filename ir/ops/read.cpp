#include "ir/ops/read.h"

#include <fmt/format.h>

#include "ir/eval.h"
#include "ir/gradient.h"

namespace keratin::ir {

Result<Types> Read::infer(const Attrs& attrs, const Types&) { return Types{attrs.type}; }

void Read::grad(const Attrs&, GradBuilder&) {}

void Read::eval(const Attrs& attrs, const Tensors&, Tensors& out, Evaluator& evaluator) {
  const Tensor& value = evaluator.variable(attrs.variable);
  if (value.dtype != out[0].dtype || value.shape != out[0].shape)
    evaluator.fail(fmt::format("{} holds {} elements, {} is read for {} examples", evaluator.program().variable(attrs.variable).name,
                               value.count(), to_string(attrs.type), evaluator.batch()));
  out[0] = value;
}

Lowering Read::lower(const Attrs&, const Types&, const Types&) { return KernelFamily{"read"}; }

std::string Read::print(const Attrs& attrs) { return fmt::format("v{}", attrs.variable.index); }

}  // namespace keratin::ir
