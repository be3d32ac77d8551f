// Dense (keras.layers.Dense).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of Dense.
struct DenseArguments {
  static constexpr const char* kUnused[] = {"quantization_config"};
  NamedOnly named_only{};
  Positive units{};
  ActivationFunction activation = "linear";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform", bias_initializer = "zeros";
  Regularizer kernel_regularizer{}, bias_regularizer{}, activity_regularizer{};
  Constraint kernel_constraint{}, bias_constraint{};
  KERATIN_ARGUMENTS(units, activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer,
                    activity_regularizer, kernel_constraint, bias_constraint)
};

/// y = activation(x W + b) over the last axis: (..., features) -> (..., units).
class Dense : public Layer {
 public:
  using Arguments = DenseArguments;

  explicit Dense(Arguments arguments);
  explicit Dense(int64_t units, Arguments arguments = {}) : Dense((arguments.units = units, std::move(arguments))) {}
};

}  // namespace keratin::layers
