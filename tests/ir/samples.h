// Samples of every op, for the checks that run over the whole list. An op without samples does not link.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ir/program.h"

namespace keratin::ir::test {

/// One node with its operands.
struct Sample {
  std::string what;
  std::function<Op(Program&)> op;  // may add variables, constants or bodies to the program
  Types types;                     // of the operands
  Tensors values;                  // of the operands for `batch` examples
  int64_t batch = 2;
  Tensors expected;       // the results as stored in their dtypes; empty: only their types are looked at
  bool smooth = true;     // central differences hold for this op at this point
  bool local = true;      // has a gradient rule of its own (scan and composite have a pass)
  Tensors gradients;      // of every operand where all output gradients are 1; compared when given (an empty Tensor: none is stated)

  Sample& gives(Tensors results);
  /// At a kink, a tie or a pole: the convention, where central differences say nothing.
  Sample& slopes(Tensors of_operands);
  Sample& of(Types operand_types, int64_t examples);
};

/// Operands that an op refuses, and the exact words.
struct Refusal {
  Op op;
  Types types;
  std::string message;
};

struct Samples {
  std::vector<Sample> good;
  std::vector<Refusal> bad;
};

Sample sample(std::string what, Op op, Tensors values = {});
Sample sample(std::string what, std::function<Op(Program&)> op, Tensors values = {});

/// Values are rounded to the dtype.
Tensor floats(std::vector<int64_t> shape, const std::vector<double>& values, DType dtype = DType::float32);
Tensor integers(std::vector<int64_t> shape, std::vector<int64_t> values, DType dtype = DType::int32);
Tensor bools(std::vector<int64_t> shape, std::vector<int64_t> values);
/// Different values between the bounds, the same on every run.
Tensor spread(std::vector<int64_t> shape, double low = -2, double high = 2, int seed = 0, DType dtype = DType::float32);
Type type_of(const Tensor& tensor);
Type float32(Shape shape);
Type int32(Shape shape);
Type boolean(Shape shape);

#define KERATIN_OP(Name) Samples samples_##Name();
#include "ir/ops/ops.def"
#undef KERATIN_OP

}  // namespace keratin::ir::test
