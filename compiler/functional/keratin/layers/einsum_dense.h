// EinsumDense (keras.layers.EinsumDense).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of EinsumDense.
struct EinsumDenseArguments {
  NamedOnly named_only{};
  std::string equation{};   // required
  Extents output_shape{};   // required: of all axes but the batch and those of `...`; nullopt: as in the input
  ActivationFunction activation = "linear";
  std::optional<std::string> bias_axes{};
  Initializer kernel_initializer = "glorot_uniform", bias_initializer = "zeros";
  Regularizer kernel_regularizer{}, bias_regularizer{}, activity_regularizer{};
  Constraint kernel_constraint{}, bias_constraint{};
  KERATIN_ARGUMENTS(equation, output_shape, activation, bias_axes, kernel_initializer, bias_initializer, kernel_regularizer,
                    bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint)
  static constexpr const char* kUnused[] = {"quantization_config"};
};

/// y = activation(einsum(equation, x, W) + b): `abc,cd->abd` is Dense over the last axis.
class EinsumDense : public Layer {
 public:
  using Arguments = EinsumDenseArguments;
  explicit EinsumDense(Arguments arguments);
  EinsumDense(std::string equation, Extents output_shape, Arguments arguments = {})
      : EinsumDense((arguments.equation = std::move(equation), arguments.output_shape = std::move(output_shape), std::move(arguments))) {}
};

}  // namespace keratin::layers
