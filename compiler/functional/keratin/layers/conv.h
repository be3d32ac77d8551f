// Convolutions (keras.layers.Conv1D, Conv2D, Conv3D).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

template <size_t N>
using ConvPadding = std::conditional_t<N == 1, OneOf<"valid", "same", "causal">, OneOf<"valid", "same">>;

/// The arguments of a convolution over N spatial axes.
template <size_t N>
struct ConvArguments {
  NamedOnly named_only{};
  Positive filters{};
  Tuple<N> kernel_size{};  // required
  Tuple<N> strides = 1;
  ConvPadding<N> padding{};
  DataFormat data_format{};
  Tuple<N> dilation_rate = 1;
  Positive groups = 1;
  ActivationFunction activation = "linear";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform", bias_initializer = "zeros";
  Regularizer kernel_regularizer{}, bias_regularizer{}, activity_regularizer{};
  Constraint kernel_constraint{}, bias_constraint{};
  KERATIN_ARGUMENTS(filters, kernel_size, strides, padding, data_format, dilation_rate, groups, activation, use_bias, kernel_initializer,
                    bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint)
};

#define KERATIN_CONV(Name, N)                                                                                          \
  class Name : public Layer {                                                                                          \
   public:                                                                                                             \
    using Arguments = ConvArguments<N>;                                                                                \
    explicit Name(Arguments arguments);                                                                                \
    Name(int64_t filters, Tuple<N> kernel_size, Arguments arguments = {})                                              \
        : Name((arguments.filters = filters, arguments.kernel_size = std::move(kernel_size), std::move(arguments))) {} \
  };
/// Cross-correlation of (n, spatial..., channels) with a kernel (spatial..., channels / groups, filters).
KERATIN_CONV(Conv1D, 1)
KERATIN_CONV(Conv2D, 2)
KERATIN_CONV(Conv3D, 3)
#undef KERATIN_CONV

}  // namespace keratin::layers
