// LayerNormalization (Ba et al.), RMSNormalization (Zhang & Sennrich), UnitNormalization (keras.layers).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of LayerNormalization.
struct LayerNormalizationArguments {
  static constexpr const char* kNotOffered[] = {"rms_scaling"};
  NamedOnly named_only{};
  Ints axis = -1;
  double epsilon = 1e-3;
  bool center = true, scale = true;
  Initializer beta_initializer = "zeros", gamma_initializer = "ones";
  Regularizer beta_regularizer{}, gamma_regularizer{};
  Constraint beta_constraint{}, gamma_constraint{};
  KERATIN_ARGUMENTS(axis, epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer, beta_constraint,
                    gamma_constraint)
};

/// (x - mean) / sqrt(variance + epsilon) * gamma + beta with each example's statistics over the axes.
class LayerNormalization : public Layer {
 public:
  using Arguments = LayerNormalizationArguments;
  explicit LayerNormalization(Arguments arguments = {});
};

/// The arguments of RMSNormalization.
struct RMSNormalizationArguments {
  NamedOnly named_only{};
  Ints axis = -1;
  double epsilon = 1e-6;
  KERATIN_ARGUMENTS(axis, epsilon)
};

/// x / sqrt(mean of x^2 + epsilon) * scale over the axes.
class RMSNormalization : public Layer {
 public:
  using Arguments = RMSNormalizationArguments;
  explicit RMSNormalization(Arguments arguments = {});
};

/// The arguments of UnitNormalization.
struct UnitNormalizationArguments {
  NamedOnly named_only{};
  Ints axis = -1;
  KERATIN_ARGUMENTS(axis)
};

/// x / sqrt(sum of x^2) over the axes.
class UnitNormalization : public Layer {
 public:
  using Arguments = UnitNormalizationArguments;
  explicit UnitNormalization(Arguments arguments = {});
};

}  // namespace keratin::layers
