// All ops, and Op, the variant of their attributes.
#pragma once

#include <type_traits>
#include <variant>

#include "ir/ops/arg_reduce.h"
#include "ir/ops/binary.h"
#include "ir/ops/broadcast.h"
#include "ir/ops/cast.h"
#include "ir/ops/compare.h"
#include "ir/ops/composite.h"
#include "ir/ops/concatenate.h"
#include "ir/ops/constant.h"
#include "ir/ops/conv.h"
#include "ir/ops/conv_input_grad.h"
#include "ir/ops/conv_kernel_grad.h"
#include "ir/ops/cumulative.h"
#include "ir/ops/dot.h"
#include "ir/ops/gather.h"
#include "ir/ops/iota.h"
#include "ir/ops/pack.h"
#include "ir/ops/pad.h"
#include "ir/ops/random.h"
#include "ir/ops/read.h"
#include "ir/ops/reduce.h"
#include "ir/ops/reshape.h"
#include "ir/ops/reverse.h"
#include "ir/ops/scan.h"
#include "ir/ops/scatter_add.h"
#include "ir/ops/select.h"
#include "ir/ops/size.h"
#include "ir/ops/slice.h"
#include "ir/ops/sort.h"
#include "ir/ops/transpose.h"
#include "ir/ops/unary.h"
#include "ir/ops/window_grad.h"
#include "ir/ops/window_reduce.h"

namespace keratin::ir {

/// The op of a node: one of the listed ops' attributes. Equality is equality of op and attributes.
struct Op {
  using Variant = std::variant<
      ArgReduce::Attrs,
      Binary::Attrs,
      Broadcast::Attrs,
      Cast::Attrs,
      Compare::Attrs,
      Composite::Attrs,
      Concatenate::Attrs,
      Constant::Attrs,
      Conv::Attrs,
      ConvInputGrad::Attrs,
      ConvKernelGrad::Attrs,
      Cumulative::Attrs,
      Dot::Attrs,
      Gather::Attrs,
      Iota::Attrs,
      Pack::Attrs,
      Pad::Attrs,
      Random::Attrs,
      Read::Attrs,
      Reduce::Attrs,
      Reshape::Attrs,
      Reverse::Attrs,
      Scan::Attrs,
      ScatterAdd::Attrs,
      Select::Attrs,
      Size::Attrs,
      Slice::Attrs,
      Sort::Attrs,
      Transpose::Attrs,
      Unary::Attrs,
      WindowGrad::Attrs,
      WindowReduce::Attrs>;
  Variant attrs;

  template <class Attrs>
    requires std::is_constructible_v<Variant, Attrs>
  Op(Attrs value) : attrs(std::move(value)) {}

  const OpInfo& info() const;
  /// The attributes if this is an `O`, else nullptr.
  template <class O>
  const typename O::Attrs* as() const {
    return std::get_if<typename O::Attrs>(&attrs);
  }
  bool operator==(const Op&) const = default;
};

/// The rules of whichever op it is.
Result<Types> infer(const Op&, const Types& in);
void grad(const Op&, GradBuilder&);
void eval(const Op&, const Tensors& in, Tensors& out, Evaluator&);
Lowering lower(const Op&, const Types& in, const Types& out);
std::string print(const Op&);

}  // namespace keratin::ir
