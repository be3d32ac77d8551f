#include "ir/ops/composite.h"

#include <fmt/format.h>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/support/check.h"

namespace keratin::ir {

Result<Types> Composite::infer(const Attrs& attrs, const Types&) { return attrs.types; }

void Composite::grad(const Attrs&, GradBuilder&) {
  check_failed("composite has no local gradient", __FILE__, __LINE__, "the pass differentiate derives the gradient of the body");
}

void Composite::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator& evaluator) { out = evaluator.call(attrs.body, in); }

Lowering Composite::lower(const Attrs&, const Types&, const Types&) { return Inlined{}; }

std::string Composite::print(const Attrs& attrs) {
  std::string text = fmt::format("{} body=@{}", attrs.kind, attrs.body.index);
  for (const auto& [key, value] : attrs.attributes) std::visit([&](const auto& v) { text += fmt::format(" {}={}", key, v); }, value);
  return text;
}

}  // namespace keratin::ir
