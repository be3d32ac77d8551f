#include "ir/ops/iota.h"

#include <fmt/format.h>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/rules.h"

namespace keratin::ir {

Result<Types> Iota::infer(const Attrs& attrs, const Types&) {
  if (!is_number(attrs.type.dtype)) return Error{fmt::format("counts in floats or integers, not {}", name_of(attrs.type.dtype))};
  if (auto error = check_axis(attrs.axis, attrs.type.shape)) return *error;
  return Types{attrs.type};
}

void Iota::grad(const Attrs&, GradBuilder&) {}

void Iota::eval(const Attrs& attrs, const Tensors&, Tensors& out, Evaluator& evaluator) {
  const auto [outer, extent, inner] = blocks_around(out[0].shape, attrs.axis);
  size_t at = 0;
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t k = 0; k < extent; ++k)
      for (int64_t i = 0; i < inner; ++i, ++at)
        if (is_float(out[0].dtype))
          out[0].floats[at] = static_cast<double>(k);
        else
          out[0].integers[at] = wrap_to(out[0].dtype, k);
  round_all(evaluator, out[0]);
}

Lowering Iota::lower(const Attrs&, const Types&, const Types&) { return KernelFamily{"iota"}; }

std::string Iota::print(const Attrs& attrs) { return fmt::format("axis={}", attrs.axis); }

}  // namespace keratin::ir
