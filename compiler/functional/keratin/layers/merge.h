// Layers that merge several tensors of one shape (keras.layers.Add, ...), Concatenate and Dot.
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

struct MergeArguments {
  NamedOnly named_only{};
  KERATIN_ARGUMENTS()
};

#define KERATIN_MERGE(Name)                  \
  class Name : public Layer {                \
   public:                                   \
    using Arguments = MergeArguments;        \
    explicit Name(Arguments arguments = {}); \
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
  explicit Concatenate(Arguments arguments = {});
};

/// The arguments of Dot.
struct DotArguments {
  NamedOnly named_only{};
  Ints axes{};  // required: one for both tensors, or one each
  bool normalize = false;
  KERATIN_ARGUMENTS(axes, normalize)
};

/// Contracts one axis of each of two tensors, example by example; with normalize after scaling to an L2 norm of 1 along it.
class Dot : public Layer {
 public:
  using Arguments = DotArguments;
  explicit Dot(Arguments arguments);
  explicit Dot(Ints axes, Arguments arguments = {}) : Dot((arguments.axes = std::move(axes), std::move(arguments))) {}
};

}  // namespace keratin::layers
