// The reference evaluator: slow, obvious, one op after the other. Also what runs constant folding and `prepare` at compile time.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ir/program.h"
#include "ir/tensor.h"

namespace keratin::ir {

/// Thrown by ops whose data are at fault (an Embedding id out of range); run() turns it into a Result.
struct DataError {
  std::string message;
};

class Evaluator {
 public:
  /// `batch` is the number of examples n. With `in_double`, results are not rounded to their dtype (float16 is), which gives derivatives their digits.
  Evaluator(const Program& program, int64_t batch, bool in_double = false) : program_(program), batch_(batch), in_double_(in_double) {}

  /// Runs a function; updates of variables are applied to the evaluator's own state. Errors: an index out of range and the like.
  Result<Tensors> run(FunctionId function, const Tensors& parameters);

  int64_t batch() const { return batch_; }
  bool in_double() const { return in_double_; }
  const Program& program() const { return program_; }
  /// Present value of a variable: the last update, or its initial value.
  const Tensor& variable(VariableId id) const;
  void set_variable(VariableId id, Tensor value);

  // For ops.
  Tensors call(FunctionId function, const Tensors& parameters);  // throws DataError
  [[noreturn]] void fail(std::string message) const;
  double round(DType dtype, double value) const { return in_double_ && dtype == DType::float32 ? value : round_to(dtype, value); }

 private:
  const Program& program_;
  int64_t batch_;
  bool in_double_;
  std::map<VariableId, Tensor> state_;
  OriginId at_;  // of the node that runs, for messages
};

}  // namespace keratin::ir
