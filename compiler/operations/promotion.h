// Keras's rules for the element type of an operation on operands of several types (keras.backend.result_type).
#pragma once

#include <span>

#include "ir/type/dtype.h"

namespace keratin {

/// An operand's type. Python's numbers are weak: an int is any integer or float, a float any float, as the other operands ask for.
struct OperandType {
  DType dtype = DType::float32;
  bool weak = false;
};

inline constexpr OperandType kWeakFloat{DType::float32, true};
inline constexpr OperandType kWeakInt{DType::int32, true};

/// The least type that holds them all: int32 with float16 is float16, uint8 with int8 is int16, uint64 with int8 is float32, float16 with bfloat16 is
/// float32. Weak operands alone are int32 or float32; none at all is float32. No operand is a string.
DType result_type(std::span<const OperandType> operands);

}  // namespace keratin
