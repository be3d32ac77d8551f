#include "ir/ops/select.h"

#include <fmt/format.h>

#include "ir/eval.h"
#include "ir/gradient.h"

namespace keratin::ir {

Result<Types> Select::infer(const Attrs&, const Types& in) {
  if (in[0].dtype != DType::boolean) return Error{fmt::format("the condition is {}, not bool", name_of(in[0].dtype))};
  if (in[1] != in[2]) return Error{fmt::format("chooses between {} and {}", to_string(in[1]), to_string(in[2]))};
  if (in[0].shape != in[1].shape) return Error{fmt::format("the condition is {}, the values are {}", to_string(in[0].shape), to_string(in[1].shape))};
  return Types{in[1]};
}

void Select::grad(const Attrs&, GradBuilder& g) {
  Builder& b = g.builder();
  const Val zero = b.zeros(g.d_out().type());
  if (g.wants(1)) g.set(1, b.select(g.in(0), g.d_out(), zero));
  if (g.wants(2)) g.set(2, b.select(g.in(0), zero, g.d_out()));
}

void Select::eval(const Attrs&, const Tensors& in, Tensors& out, Evaluator&) {
  const auto choose = [&](const auto& a, const auto& b, auto& to) {
    for (size_t i = 0; i < to.size(); ++i) to[i] = in[0].integers[i] ? a[i] : b[i];
  };
  is_float(out[0].dtype) ? choose(in[1].floats, in[2].floats, out[0].floats) : choose(in[1].integers, in[2].integers, out[0].integers);
}

Lowering Select::lower(const Attrs&, const Types&, const Types&) { return PointwiseFunction{"select"}; }

std::string Select::print(const Attrs&) { return ""; }

}  // namespace keratin::ir
