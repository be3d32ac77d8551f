#include "ir/ops/reshape.h"

#include <fmt/format.h>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/rules.h"

namespace keratin::ir {

Result<Types> Reshape::infer(const Attrs& attrs, const Types& in) {
  for (Dim dim : attrs.shape.dims)
    if (!never_negative(dim)) return Error{fmt::format("{} has a negative extent", to_string(attrs.shape))};
  const std::optional<Count> from = in[0].shape.count(), to = attrs.shape.count();
  if (!from || !to) return Error{fmt::format("{} has too many elements", to_string(from ? attrs.shape : in[0].shape))};
  if (*from != *to)
    return Error{fmt::format("{} and {} differ in their number of elements", to_string(in[0].shape), to_string(attrs.shape))};
  return Types{{in[0].dtype, attrs.shape}};
}

void Reshape::grad(const Attrs&, GradBuilder& g) {
  if (g.wants(0)) g.set(0, g.builder().reshape(g.d_out(), g.in().shape()));
}

void Reshape::eval(const Attrs&, const Tensors& in, Tensors& out, Evaluator&) {
  out[0].floats = in[0].floats;
  out[0].integers = in[0].integers;
}

Lowering Reshape::lower(const Attrs&, const Types&, const Types&) { return ReshapeView{}; }

std::string Reshape::print(const Attrs& attrs) { return fmt::format("to={}", to_string(attrs.shape)); }

}  // namespace keratin::ir
