// What an op becomes in a plan: a description, never text.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "ir/type/type.h"

namespace keratin::ir {

/// Part of an expression: the runtime's function of that name on the operands' elements, then on the immediates.
struct PointwiseFunction {
  std::string_view name;  // `exp`, `add`, `select`, `convert<bool>`
};

/// The output is a strided view of input 0: output axis a walks input axis `axis[a]` in steps of `step[a]`; axis -1 repeats the same element.
/// `start` is the first element along each input axis.
struct AffineView {
  std::vector<int> axis;
  std::vector<int64_t> step;
  std::vector<Dim> start;
};

/// The same elements in the same order: a view where the operand is dense.
struct ReshapeView {};

/// Needs a kernel; ir/plan/kernels has the family of that name, which looks at the attributes.
struct KernelFamily {
  std::string_view name;
};

/// Replaced by its body where no kernel takes it.
struct Inlined {};

using Lowering = std::variant<PointwiseFunction, AffineView, ReshapeView, KernelFamily, Inlined>;

}  // namespace keratin::ir
