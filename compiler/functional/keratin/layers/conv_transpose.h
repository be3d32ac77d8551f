// Transposed convolutions (keras.layers.Conv1DTranspose, Conv2DTranspose, Conv3DTranspose).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of a transposed convolution over N spatial axes.
template <size_t N>
struct ConvTransposeArguments {
  NamedOnly named_only{};
  Positive filters{};
  Tuple<N> kernel_size{};  // required
  Tuple<N> strides = 1;
  OneOf<"valid", "same"> padding{};
  OptionalTuple<N, 0> output_padding{};
  DataFormat data_format{};
  Tuple<N> dilation_rate = 1;
  ActivationFunction activation = "linear";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform", bias_initializer = "zeros";
  Regularizer kernel_regularizer{}, bias_regularizer{}, activity_regularizer{};
  Constraint kernel_constraint{}, bias_constraint{};
  KERATIN_ARGUMENTS(filters, kernel_size, strides, padding, output_padding, data_format, dilation_rate, activation, use_bias,
                    kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer, kernel_constraint,
                    bias_constraint)
};

#define KERATIN_CONV(Name, N)                                                                                          \
  class Name : public Layer {                                                                                          \
   public:                                                                                                             \
    using Arguments = ConvTransposeArguments<N>;                                                                       \
    explicit Name(Arguments arguments);                                                                                \
    Name(int64_t filters, Tuple<N> kernel_size, Arguments arguments = {})                                              \
        : Name((arguments.filters = filters, arguments.kernel_size = std::move(kernel_size), std::move(arguments))) {} \
  };
/// The gradient of a convolution with respect to its input: `valid` gives (length - 1) * stride + kernel, `same` length * stride steps.
KERATIN_CONV(Conv1DTranspose, 1)
KERATIN_CONV(Conv2DTranspose, 2)
KERATIN_CONV(Conv3DTranspose, 3)
#undef KERATIN_CONV

}  // namespace keratin::layers
