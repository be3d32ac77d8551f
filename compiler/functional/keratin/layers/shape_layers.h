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
  explicit Flatten(Arguments arguments = {});
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
  explicit Reshape(Arguments arguments);
  explicit Reshape(Ints target_shape, Arguments arguments = {})
      : Reshape((arguments.target_shape = std::move(target_shape), std::move(arguments))) {}
  explicit Reshape(std::initializer_list<int64_t> target_shape, Arguments arguments = {})
      : Reshape(Ints(target_shape), std::move(arguments)) {}
};

/// The arguments of Permute.
struct PermuteArguments {
  NamedOnly named_only{};
  Ints dims{};  // required
  KERATIN_ARGUMENTS(dims)
};

/// Axes in another order, counted from 1 after the batch: {2, 1} swaps the first two.
class Permute : public Layer {
 public:
  using Arguments = PermuteArguments;
  explicit Permute(Arguments arguments);
  explicit Permute(Ints dims, Arguments arguments = {}) : Permute((arguments.dims = std::move(dims), std::move(arguments))) {}
};

/// The arguments of RepeatVector.
struct RepeatVectorArguments {
  NamedOnly named_only{};
  Positive n{};
  KERATIN_ARGUMENTS(n)
};

/// (batch, features) -> (batch, n, features).
class RepeatVector : public Layer {
 public:
  using Arguments = RepeatVectorArguments;
  explicit RepeatVector(Arguments arguments);
  explicit RepeatVector(int64_t n, Arguments arguments = {}) : RepeatVector((arguments.n = n, std::move(arguments))) {}
};

}  // namespace keratin::layers
