// Arguments: what an operation is called with, by name: those of its constructor (from the config) and those of the call. Each reader reports what does
// not fit under the argument's name and gives a value to go on with; failed() tells.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/layers/call_context.h"
#include "compiler/operations/promotion.h"

namespace keratin {

/// A tensor, an array constant as a value, or a Python number, which becomes a value when its type is known.
struct Operand {
  Val value;  // poisoned: a number
  Json number;
  OperandType type;
};

class Arguments {
 public:
  Arguments(CallContext& context, CallValue::Dict values) : ctx(context), b(context.b), values_(std::move(values)) {}

  CallContext& ctx;
  ir::Builder& b;
  bool weak_arrays = false;  // lists of numbers take the other operand's type (TensorFlow), as numbers always do

  /// Present and not None.
  bool given(std::string_view name) const { return find(name) != nullptr; }
  const CallValue* find(std::string_view name) const;

  // ---- tensors
  /// A tensor or a constant in its own type (Python's numbers: int32, float32, bool).
  Val tensor(std::string_view name);
  /// Poisoned where absent.
  Val optional_tensor(std::string_view name) { return given(name) ? tensor(name) : Val(); }
  Operand operand(std::string_view name);
  /// A list of tensors and constants; a single one stands for a list of it.
  std::vector<Operand> operands(std::string_view name);
  /// The operand in that type.
  Val as(const Operand& operand, DType dtype);
  /// All in the type that holds them; `with` joins in the choice of it.
  Vals promoted(const std::vector<Operand>& operands, std::optional<OperandType> with = std::nullopt);

  // ---- constants
  /// The plain constant (constants.h), or null after a problem.
  Json constant(std::string_view name);
  int64_t integer(std::string_view name, std::optional<int64_t> fallback = std::nullopt);
  double number(std::string_view name, std::optional<double> fallback = std::nullopt);
  std::optional<double> optional_number(std::string_view name);
  bool boolean(std::string_view name, bool fallback);
  std::string text(std::string_view name, std::string_view fallback);
  /// A list of integers or one integer; nullopt where absent.
  std::optional<std::vector<int64_t>> integers(std::string_view name);
  DType dtype(std::string_view name, DType fallback);
  /// Sizes: numbers, None (as nullopt), or integers computed from shapes.
  std::vector<std::optional<Dim>> sizes(std::string_view name);
  /// One axis, counted from the front.
  int axis(std::string_view name, int rank, std::optional<int64_t> fallback = std::nullopt);
  /// Axes, counted from the front, sorted and different; all of them where absent.
  std::vector<int> axes(std::string_view name, int rank);
  bool channels_first(std::string_view name = "data_format");

  /// Makes `dim` equal `extent` by fixing the number of examples: the model is expanded again with it. False where no number does.
  bool fix_batch(Dim dim, int64_t extent);

  bool failed() const { return failed_; }
  Val fail(std::string_view name, std::string_view message);
  Val fail(std::string_view message);

 private:
  Operand operand_of(std::string_view name, const CallValue& value);
  std::optional<std::vector<Dim>> integers_of(const CallValue& value);

  CallValue::Dict values_;
  bool failed_ = false;
};

/// Values as outputs of a call.
Vals one(Val value);

}  // namespace keratin
