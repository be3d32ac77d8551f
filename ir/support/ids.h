// Strong 32-bit ids: indices into the vectors of a Program or Function, never pointers.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace keratin::ir {

template <class Tag>
struct Id {
  static constexpr uint32_t kNone = UINT32_MAX;
  uint32_t index = kNone;

  bool valid() const { return index != kNone; }
  auto operator<=>(const Id&) const = default;
};

using ValueId = Id<struct ValueTag>;        // into Function::values
using VariableId = Id<struct VariableTag>;  // into Program::variables
using ConstantId = Id<struct ConstantTag>;  // into Program::constants
using FunctionId = Id<struct FunctionTag>;  // into Program::functions
using OriginId = Id<struct OriginTag>;      // into Program::origins

}  // namespace keratin::ir

template <class Tag>
struct std::hash<keratin::ir::Id<Tag>> {
  size_t operator()(keratin::ir::Id<Tag> id) const { return id.index; }
};
