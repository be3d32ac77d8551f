// BatchNormalization (Ioffe & Szegedy; keras.layers.BatchNormalization).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of BatchNormalization.
struct BatchNormalizationArguments {
  static constexpr const char* kNotOffered[] = {"renorm", "renorm_clipping", "renorm_momentum", "synchronized"};
  NamedOnly named_only{};
  Ints axis = -1;
  double momentum = 0.99, epsilon = 1e-3;
  bool center = true, scale = true;
  Initializer beta_initializer = "zeros", gamma_initializer = "ones";
  Initializer moving_mean_initializer = "zeros", moving_variance_initializer = "ones";
  Regularizer beta_regularizer{}, gamma_regularizer{};
  Constraint beta_constraint{}, gamma_constraint{};
  KERATIN_ARGUMENTS(axis, momentum, epsilon, center, scale, beta_initializer, gamma_initializer, moving_mean_initializer,
                    moving_variance_initializer, beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint)
};

/// Normalises by the batch's statistics in training, by the moving ones else; `axis` is the one that is kept.
class BatchNormalization : public Layer {
 public:
  using Arguments = BatchNormalizationArguments;

  explicit BatchNormalization(Arguments arguments = {});
};

}  // namespace keratin::layers
