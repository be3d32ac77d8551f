// Layers that merge several tensors of one shape (keras.layers.Add, ...), and Concatenate.
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

struct MergeArguments {
  NamedOnly named_only{};
  KERATIN_ARGUMENTS()
};

#define KERATIN_MERGE(Name)                                                                    \
  class Name : public Layer {                                                                  \
   public:                                                                                     \
    using Arguments = MergeArguments;                                                          \
    explicit Name(Arguments arguments = {}) : Layer(#Name, config_of(std::move(arguments))) {} \
  };
// Element by element, with broadcasting.
KERATIN_MERGE(Add)
KERATIN_MERGE(Subtract)
KERATIN_MERGE(Multiply)
KERATIN_MERGE(Average)
KERATIN_MERGE(Maximum)
KERATIN_MERGE(Minimum)
#undef KERATIN_MERGE

/// The arguments of Concatenate.
struct ConcatenateArguments {
  NamedOnly named_only{};
  int64_t axis = -1;
  KERATIN_ARGUMENTS(axis)
};

/// Joins tensors along an axis.
class Concatenate : public Layer {
 public:
  using Arguments = ConcatenateArguments;
  explicit Concatenate(Arguments arguments = {}) : Layer("Concatenate", config_of(std::move(arguments))) {}
};

}  // namespace keratin::layers
