// Softmax (keras.layers.Softmax).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of Softmax.
struct SoftmaxArguments {
  NamedOnly named_only{};
  Ints axis = -1;
  KERATIN_ARGUMENTS(axis)
};

/// exp(x) / sum of exp(x) over one axis, or over several jointly; elements that a mask leaves out get 0.
class Softmax : public Layer {
 public:
  using Arguments = SoftmaxArguments;
  explicit Softmax(Arguments arguments = {});
  explicit Softmax(Ints axis, Arguments arguments = {}) : Softmax((arguments.axis = std::move(axis), std::move(arguments))) {}
};

}  // namespace keratin::layers
