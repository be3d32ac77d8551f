// The contract of an op, and Op: one of the listed ops' attributes. An op is one struct in ir/ops/<name>.h and .cpp, one line in ops.def
// and its samples; see docs/adding_an_op.md.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ir/lowering.h"
#include "ir/support/result.h"
#include "ir/tensor.h"
#include "ir/type/type.h"

namespace keratin::ir {

struct Op;
class GradBuilder;
class Evaluator;
struct Program;

/// What every op states about itself, apart from its rules.
struct OpInfo {
  std::string_view name;
  int arity;               // number of inputs; -1 where it depends on the attributes
  int outputs = 1;         // likewise
  bool pointwise = false;  // output element i depends on the inputs' elements i alone, all shapes are equal
  bool effect = false;     // not removed or merged though its inputs are equal (random)
};

/// The rules that each op `O` gives, all static:
///   Result<Types> infer(const Attrs&, const Types& in)                     shapes and dtypes of the outputs, or what is wrong
///   void grad(const Attrs&, GradBuilder&)                                  builds the gradients of the inputs from those of the outputs
///   void eval(const Attrs&, const Tensors& in, Tensors& out, Evaluator&)   `out` has its types and sizes already
///   Lowering lower(const Attrs&, const Types& in, const Types& out)         the kernel, view or expression it becomes; never text
///   std::string print(const Attrs&)                                        attributes as text: `axis=1`; may be empty
#define KERATIN_OP_RULES                                                              \
  static Result<Types> infer(const Attrs&, const Types& in);                          \
  static void grad(const Attrs&, GradBuilder&);                                       \
  static void eval(const Attrs&, const Tensors& in, Tensors& out, Evaluator&);        \
  static Lowering lower(const Attrs&, const Types& in, const Types& out);             \
  static std::string print(const Attrs&);

}  // namespace keratin::ir
