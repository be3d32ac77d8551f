// GroupNormalization (Wu & He; keras.layers.GroupNormalization).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of GroupNormalization.
struct GroupNormalizationArguments {
  NamedOnly named_only{};
  int64_t groups = 32;  // -1: as many as channels
  int64_t axis = -1;
  double epsilon = 1e-3;
  bool center = true, scale = true;
  Initializer beta_initializer = "zeros", gamma_initializer = "ones";
  Regularizer beta_regularizer{}, gamma_regularizer{};
  Constraint beta_constraint{}, gamma_constraint{};
  KERATIN_ARGUMENTS(groups, axis, epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer,
                    beta_constraint, gamma_constraint)
};

/// (x - mean) / sqrt(variance + epsilon) * gamma + beta with each example's statistics over groups of the channels along `axis`.
class GroupNormalization : public Layer {
 public:
  using Arguments = GroupNormalizationArguments;
  explicit GroupNormalization(Arguments arguments = {});
  explicit GroupNormalization(int64_t groups, Arguments arguments = {})
      : GroupNormalization((arguments.groups = groups, std::move(arguments))) {}
};

}  // namespace keratin::layers
