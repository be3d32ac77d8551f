#include "compiler/operations/promotion.h"

#include <array>
#include <cstdint>

#include "ir/support/check.h"

namespace keratin {

namespace {

// The lattice as JAX and Keras draw it: an edge leads from a type to the next ones that hold all of its values.
enum Node : uint8_t { b1, iw, u1, u2, u4, u8, i1, i2, i4, i8, fw, bf, f2, f4, f8, kNodes };

constexpr uint32_t bit(Node node) { return uint32_t{1} << node; }

constexpr std::array<uint32_t, kNodes> kNext = {
    bit(iw),            // b1
    bit(u1) | bit(i1),  // iw
    bit(i2) | bit(u2),  // u1
    bit(i4) | bit(u4),  // u2
    bit(i8) | bit(u8),  // u4
    bit(fw),            // u8
    bit(i2),            // i1
    bit(i4),            // i2
    bit(i8),            // i4
    bit(fw),            // i8
    bit(bf) | bit(f2),  // fw
    bit(f4),            // bf
    bit(f4),            // f2
    bit(f8),            // f4
    0,                  // f8
};

constexpr std::array<uint32_t, kNodes> upper_bounds() {
  std::array<uint32_t, kNodes> above{};
  for (int pass = 0; pass < kNodes; ++pass)
    for (int node = 0; node < kNodes; ++node) {
      above[node] |= bit(static_cast<Node>(node)) | kNext[node];
      for (int other = 0; other < kNodes; ++other)
        if (above[node] & bit(static_cast<Node>(other))) above[node] |= above[other];
    }
  return above;
}

constexpr std::array<uint32_t, kNodes> kAbove = upper_bounds();

Node node_of(OperandType type) {
  if (type.weak && is_float(type.dtype)) return fw;
  if (type.weak && is_integer(type.dtype)) return iw;
  switch (type.dtype) {
    case DType::boolean: return b1;
    case DType::uint8: return u1;
    case DType::uint16: return u2;
    case DType::uint32: return u4;
    case DType::uint64: return u8;
    case DType::int8: return i1;
    case DType::int16: return i2;
    case DType::int32: return i4;
    case DType::int64: return i8;
    case DType::bfloat16: return bf;
    case DType::float16: return f2;
    case DType::float32: return f4;
    case DType::float64: return f8;
    case DType::string: break;
  }
  IR_CHECK(false, "a string is not promoted");
  return f4;
}

DType dtype_of(Node node) {
  constexpr std::array<DType, kNodes> kTypes = {DType::boolean, DType::int32, DType::uint8,   DType::uint16,  DType::uint32,
                                                DType::uint64,  DType::int8,  DType::int16,   DType::int32,   DType::int64,
                                                DType::float32, DType::bfloat16, DType::float16, DType::float32, DType::float64};
  return kTypes[node];
}

}  // namespace

DType result_type(std::span<const OperandType> operands) {
  if (operands.empty()) return DType::float32;
  uint32_t common = ~uint32_t{0};
  for (const OperandType& operand : operands) common &= kAbove[node_of(operand)];
  for (int node = 0; node < kNodes; ++node)
    if ((common & bit(static_cast<Node>(node))) && kAbove[node] == (common & kAbove[node]) && (common & ~kAbove[node]) == 0) return dtype_of(static_cast<Node>(node));
  IR_CHECK(false, "the types form a lattice");
  return DType::float32;
}

}  // namespace keratin
