#include "ir/ops/all.h"

#include <fmt/format.h>

#include "ir/support/check.h"

namespace keratin::ir {

namespace {

/// Calls `f` with the op struct whose attributes `op` holds: one `if` per listed op.
template <class F>
decltype(auto) visit_op(const Op& op, F&& f) {
#define KERATIN_OP(Name) \
  if (auto* attrs = op.as<Name>()) return f(Name{}, *attrs);
#include "ir/ops/ops.def"
#undef KERATIN_OP
  check_failed("an op of the list", __FILE__, __LINE__);
}

/// More elements than any machine can hold, so that sizes in bytes never overflow.
bool is_huge(const Shape& shape) {
  constexpr int64_t kMaxElements = int64_t{1} << 48;
  const std::optional<Count> count = shape.count();
  if (!count) return true;
  for (int64_t coefficient : count->coefficients)
    if (coefficient > kMaxElements) return true;
  return false;
}

}  // namespace

const OpInfo& Op::info() const {
  return visit_op(*this, [](auto op, const auto&) -> const OpInfo& { return decltype(op)::info; });
}

Result<Types> infer(const Op& op, const Types& in) {
  return visit_op(op, [&](auto o, const auto& attrs) -> Result<Types> {
    if (o.info.arity >= 0 && in.size() != static_cast<size_t>(o.info.arity)) return Error{"takes another number of operands"};
    Result<Types> types = decltype(o)::infer(attrs, in);
    if (types)
      for (const Type& type : *types)
        if (is_huge(type.shape)) return Error{fmt::format("{} has too many elements", to_string(type.shape))};
    return types;
  });
}

void grad(const Op& op, GradBuilder& builder) {
  visit_op(op, [&](auto o, const auto& attrs) { decltype(o)::grad(attrs, builder); });
}

void eval(const Op& op, const Tensors& in, Tensors& out, Evaluator& evaluator) {
  visit_op(op, [&](auto o, const auto& attrs) { decltype(o)::eval(attrs, in, out, evaluator); });
}

Lowering lower(const Op& op, const Types& in, const Types& out) {
  return visit_op(op, [&](auto o, const auto& attrs) { return decltype(o)::lower(attrs, in, out); });
}

std::string print(const Op& op) {
  return visit_op(op, [](auto o, const auto& attrs) { return decltype(o)::print(attrs); });
}

}  // namespace keratin::ir
