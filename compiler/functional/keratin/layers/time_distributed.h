// TimeDistributed (keras.layers.TimeDistributed).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of TimeDistributed.
struct TimeDistributedArguments {
  NamedOnly named_only{};
  Layer layer{};  // required
  KERATIN_ARGUMENTS(layer)
};

/// A layer on every step: (n, steps, ...) is folded to (n * steps, ...). One around another is TimeDistributed({.layer = inner}): the plain
/// constructor copies a handle of its own class.
class TimeDistributed : public Layer {
 public:
  using Arguments = TimeDistributedArguments;
  explicit TimeDistributed(Arguments arguments);
  explicit TimeDistributed(const Layer& layer, Arguments arguments = {})
      : TimeDistributed((arguments.layer = layer, std::move(arguments))) {}
};

}  // namespace keratin::layers
