#include "ir/ops/compare.h"

#include <array>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/rules.h"

namespace keratin::ir {

using Kind = Compare::Kind;

std::string_view Compare::name_of(Kind kind) {
  static constexpr std::array<std::string_view, 6> kNames = {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal"};
  return kNames[static_cast<size_t>(kind)];
}

Result<Types> Compare::infer(const Attrs& attrs, const Types& in) {
  if (auto error = check_equal(name_of(attrs.kind), in[0], in[1])) return *error;
  return Types{{DType::boolean, in[0].shape}};
}

void Compare::grad(const Attrs&, GradBuilder&) {}

void Compare::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator&) {
  const auto compare = [&](const auto& a, const auto& b, auto less) {
    const auto zip = [&](auto f) {
      for (size_t i = 0; i < out[0].integers.size(); ++i) out[0].integers[i] = f(a[i], b[i]);
    };
    switch (attrs.kind) {  // NaN is unlike everything, itself included
      case Kind::eq: return zip([](auto x, auto y) { return x == y; });
      case Kind::ne: return zip([](auto x, auto y) { return x != y; });
      case Kind::lt: return zip([&](auto x, auto y) { return less(x, y); });
      case Kind::le: return zip([&](auto x, auto y) { return less(x, y) || x == y; });
      case Kind::gt: return zip([&](auto x, auto y) { return less(y, x); });
      case Kind::ge: return zip([&](auto x, auto y) { return less(y, x) || x == y; });
    }
  };
  if (is_float(in[0].dtype))
    compare(in[0].floats, in[1].floats, [](double x, double y) { return x < y; });
  else
    compare(in[0].integers, in[1].integers, [dtype = in[0].dtype](int64_t x, int64_t y) { return integer_less(dtype, x, y); });
}

Lowering Compare::lower(const Attrs& attrs, const Types&, const Types&) { return PointwiseFunction{name_of(attrs.kind)}; }

std::string Compare::print(const Attrs& attrs) { return std::string(name_of(attrs.kind)); }

}  // namespace keratin::ir
