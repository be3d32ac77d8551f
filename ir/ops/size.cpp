#include "ir/ops/size.h"

#include <fmt/format.h>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/rules.h"

namespace keratin::ir {

Result<Types> Size::infer(const Attrs& attrs, const Types&) {
  if (!is_number(attrs.dtype)) return Error{fmt::format("a size is a float or an integer, not {}", name_of(attrs.dtype))};
  return Types{{attrs.dtype, {}}};
}

void Size::grad(const Attrs&, GradBuilder&) {}

void Size::eval(const Attrs& attrs, const Tensors&, Tensors& out, Evaluator& evaluator) {
  const int64_t value = attrs.dim.at(evaluator.batch());
  if (is_float(attrs.dtype))
    out[0].floats[0] = evaluator.round(attrs.dtype, static_cast<double>(value));
  else
    out[0].integers[0] = wrap_to(attrs.dtype, value);
}

Lowering Size::lower(const Attrs&, const Types&, const Types&) { return KernelFamily{"size"}; }

std::string Size::print(const Attrs& attrs) { return to_string(attrs.dim); }

}  // namespace keratin::ir
