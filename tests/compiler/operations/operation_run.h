// Runs one operation or layer on constants and parameters through the registry, the builder and the evaluator.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/layers/call_context.h"
#include "ir/eval.h"

namespace keratin::test {

/// Parsed JSON; fails the test where the text is none.
Json json(std::string_view text);

class OperationRun {
 public:
  /// `version` decides meanings as a file's version does.
  explicit OperationRun(std::string_view version = "3.15.1");

  /// A parameter of the program with its value; extent `batch` times n along the first axis where `open`.
  CallValue input(std::vector<int64_t> shape, std::vector<double> values, DType dtype = DType::float32, bool open = false);

  /// Calls the class (`Mean.op`, `TFOpLambda`) with that config; the outputs stay for further calls.
  std::vector<CallValue> call(std::string_view class_name, const Json& config, std::vector<CallValue> args, CallValue::Dict kwargs = {});

  /// The value of an output of a call, with `batch` examples.
  ir::Tensor evaluate(const CallValue& value, int64_t batch = 1);
  const ir::Type& type(const CallValue& value) { return value.tensor()->value.type(); }

  /// All problems so far, joined by line ends.
  std::string problems() const;
  std::optional<int64_t> wanted_batch() const { return expansion_.wanted_batch; }

 private:
  ir::Program program_;
  Problems problems_;
  Expansion expansion_;
  ir::Builder builder_;
  KerasVersion version_;
  std::vector<ir::Tensor> inputs_;
  std::vector<std::unique_ptr<Layer>> layers_;
};

/// The tensor as nested lists; numbers of booleans are true and false.
Json to_json(const ir::Tensor& tensor);

}  // namespace keratin::test
