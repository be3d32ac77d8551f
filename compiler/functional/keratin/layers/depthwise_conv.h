// Depthwise and separable convolutions (keras.layers.DepthwiseConv1D, DepthwiseConv2D, SeparableConv1D, SeparableConv2D).
#pragma once

#include "keratin/arguments.h"
#include "keratin/layers/conv.h"

namespace keratin::layers {

/// The arguments of a depthwise convolution over N spatial axes.
template <size_t N>
struct DepthwiseConvArguments {
  NamedOnly named_only{};
  Tuple<N> kernel_size{};  // required
  Tuple<N> strides = 1;
  ConvPadding<N> padding{};
  Positive depth_multiplier = 1;
  DataFormat data_format{};
  Tuple<N> dilation_rate = 1;
  ActivationFunction activation = "linear";
  bool use_bias = true;
  Initializer depthwise_initializer = "glorot_uniform", bias_initializer = "zeros";
  Regularizer depthwise_regularizer{}, bias_regularizer{}, activity_regularizer{};
  Constraint depthwise_constraint{}, bias_constraint{};
  KERATIN_ARGUMENTS(kernel_size, strides, padding, depth_multiplier, data_format, dilation_rate, activation, use_bias,
                    depthwise_initializer, bias_initializer, depthwise_regularizer, bias_regularizer, activity_regularizer,
                    depthwise_constraint, bias_constraint)
};

#define KERATIN_CONV(Name, N)                                                             \
  class Name : public Layer {                                                             \
   public:                                                                                \
    using Arguments = DepthwiseConvArguments<N>;                                          \
    explicit Name(Arguments arguments);                                                   \
    explicit Name(Tuple<N> kernel_size, Arguments arguments = {})                         \
        : Name((arguments.kernel_size = std::move(kernel_size), std::move(arguments))) {} \
  };
/// Each channel with filters of its own: (n, spatial..., c) -> (n, spatial..., c * depth_multiplier).
KERATIN_CONV(DepthwiseConv1D, 1)
KERATIN_CONV(DepthwiseConv2D, 2)
#undef KERATIN_CONV

/// The arguments of a separable convolution over N spatial axes.
template <size_t N>
struct SeparableConvArguments {
  NamedOnly named_only{};
  Positive filters{};
  Tuple<N> kernel_size{};  // required
  Tuple<N> strides = 1;
  ConvPadding<N> padding{};
  DataFormat data_format{};
  Tuple<N> dilation_rate = 1;
  Positive depth_multiplier = 1;
  ActivationFunction activation = "linear";
  bool use_bias = true;
  Initializer depthwise_initializer = "glorot_uniform", pointwise_initializer = "glorot_uniform", bias_initializer = "zeros";
  Regularizer depthwise_regularizer{}, pointwise_regularizer{}, bias_regularizer{}, activity_regularizer{};
  Constraint depthwise_constraint{}, pointwise_constraint{}, bias_constraint{};
  KERATIN_ARGUMENTS(filters, kernel_size, strides, padding, data_format, dilation_rate, depth_multiplier, activation, use_bias,
                    depthwise_initializer, pointwise_initializer, bias_initializer, depthwise_regularizer, pointwise_regularizer,
                    bias_regularizer, activity_regularizer, depthwise_constraint, pointwise_constraint, bias_constraint)
};

#define KERATIN_CONV(Name, N)                                                                                          \
  class Name : public Layer {                                                                                          \
   public:                                                                                                             \
    using Arguments = SeparableConvArguments<N>;                                                                       \
    explicit Name(Arguments arguments);                                                                                \
    Name(int64_t filters, Tuple<N> kernel_size, Arguments arguments = {})                                              \
        : Name((arguments.filters = filters, arguments.kernel_size = std::move(kernel_size), std::move(arguments))) {} \
  };
/// A depthwise convolution, then a 1 x 1 convolution to `filters` channels.
KERATIN_CONV(SeparableConv1D, 1)
KERATIN_CONV(SeparableConv2D, 2)
#undef KERATIN_CONV

}  // namespace keratin::layers
