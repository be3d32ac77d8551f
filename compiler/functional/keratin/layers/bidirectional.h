// Bidirectional (Schuster & Paliwal; keras.layers.Bidirectional).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of Bidirectional.
struct BidirectionalArguments {
  NamedOnly named_only{};
  Layer layer{};  // required
  std::optional<std::string> merge_mode = "concat";
  Layer backward_layer{};
  KERATIN_ARGUMENTS(layer, merge_mode, backward_layer)
  /// Keras's names of the two, and its copy of the first.
  static void resolve(BidirectionalArguments& arguments);
};

/// A recurrent layer forwards and another one, by default a copy of it, backwards in time; merge_mode: `concat`, `sum`, `mul`, `ave`, none.
class Bidirectional : public Layer {
 public:
  using Arguments = BidirectionalArguments;
  explicit Bidirectional(Arguments arguments);
  explicit Bidirectional(const Layer& layer, Arguments arguments = {}) : Bidirectional((arguments.layer = layer, std::move(arguments))) {}
};

}  // namespace keratin::layers
