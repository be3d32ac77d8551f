// Rectifiers as layers (keras.layers.ReLU, LeakyReLU, PReLU, ELU).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of ReLU.
struct ReLUArguments {
  NamedOnly named_only{};
  std::optional<double> max_value{};
  double negative_slope = 0, threshold = 0;
  KERATIN_ARGUMENTS(max_value, negative_slope, threshold)
};

/// x from threshold on, at most max_value, and negative_slope * (x - threshold) below.
class ReLU : public Layer {
 public:
  using Arguments = ReLUArguments;
  explicit ReLU(Arguments arguments = {});
  explicit ReLU(double max_value, Arguments arguments = {}) : ReLU((arguments.max_value = max_value, std::move(arguments))) {}
};

/// The arguments of LeakyReLU.
struct LeakyReLUArguments {
  NamedOnly named_only{};
  double negative_slope = 0.3;
  KERATIN_ARGUMENTS(negative_slope)
};

/// x where it is positive, negative_slope * x elsewhere.
class LeakyReLU : public Layer {
 public:
  using Arguments = LeakyReLUArguments;
  explicit LeakyReLU(Arguments arguments = {});
  explicit LeakyReLU(double negative_slope, Arguments arguments = {})
      : LeakyReLU((arguments.negative_slope = negative_slope, std::move(arguments))) {}
};

/// The arguments of PReLU.
struct PReLUArguments {
  NamedOnly named_only{};
  Initializer alpha_initializer = "zeros";
  Regularizer alpha_regularizer{};
  Constraint alpha_constraint{};
  Ints shared_axes{};
  KERATIN_ARGUMENTS(alpha_initializer, alpha_regularizer, alpha_constraint, shared_axes)
};

/// x where it is positive, alpha * x elsewhere, with a learnt alpha per element; one along the shared axes, counted from 1 after the batch.
class PReLU : public Layer {
 public:
  using Arguments = PReLUArguments;
  explicit PReLU(Arguments arguments = {});
};

/// The arguments of ELU.
struct ELUArguments {
  NamedOnly named_only{};
  double alpha = 1;
  KERATIN_ARGUMENTS(alpha)
};

/// x where it is positive, alpha * (exp(x) - 1) elsewhere.
class ELU : public Layer {
 public:
  using Arguments = ELUArguments;
  explicit ELU(Arguments arguments = {});
  explicit ELU(double alpha, Arguments arguments = {}) : ELU((arguments.alpha = alpha, std::move(arguments))) {}
};

}  // namespace keratin::layers
