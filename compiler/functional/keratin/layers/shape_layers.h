// Flatten, Reshape, Permute, RepeatVector (keras.layers).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of Flatten.
struct FlattenArguments {
  NamedOnly named_only{};
  DataFormat data_format{};
  KERATIN_ARGUMENTS(data_format)
};

/// All axes but the batch as one.
class Flatten : public Layer {
 public:
  using Arguments = FlattenArguments;
  explicit Flatten(Arguments arguments = {}) : Layer("Flatten", config_of(std::move(arguments))) {}
};

/// The arguments of Reshape.
struct ReshapeArguments {
  NamedOnly named_only{};
  Ints target_shape{};  // required
  KERATIN_ARGUMENTS(target_shape)
};

/// The same elements in another shape, the batch left out; one extent may be -1.
class Reshape : public Layer {
 public:
  using Arguments = ReshapeArguments;
  explicit Reshape(Arguments arguments) : Layer("Reshape", config_of(std::move(arguments))) {}
  explicit Reshape(Ints target_shape, Arguments arguments = {}) : Reshape((arguments.target_shape = std::move(target_shape), std::move(arguments))) {}
  explicit Reshape(std::initializer_list<int64_t> target_shape, Arguments arguments = {}) : Reshape(Ints(target_shape), std::move(arguments)) {}
};

}  // namespace keratin::layers
