// Pooling over windows (keras.layers.MaxPooling*, AveragePooling*).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of a pooling over N spatial axes.
template <size_t N>
struct PoolingArguments {
  NamedOnly named_only{};
  Tuple<N> pool_size = 2;
  Tuple<N> strides{};  // pool_size
  OneOf<"valid", "same"> padding{};
  DataFormat data_format{};
  KERATIN_ARGUMENTS(pool_size, strides, padding, data_format)
  static void resolve(PoolingArguments& arguments) {
    if (!arguments.strides.given()) arguments.strides = arguments.pool_size;
  }
};

#define KERATIN_POOLING(Name, N)                                                                                       \
  class Name : public Layer {                                                                                          \
   public:                                                                                                             \
    using Arguments = PoolingArguments<N>;                                                                             \
    explicit Name(Arguments arguments = {}) : Layer(#Name, config_of(std::move(arguments))) {}                         \
    explicit Name(Tuple<N> pool_size, Arguments arguments = {}) : Name((arguments.pool_size = std::move(pool_size), std::move(arguments))) {} \
  };
/// The largest element of each window.
KERATIN_POOLING(MaxPooling1D, 1)
KERATIN_POOLING(MaxPooling2D, 2)
KERATIN_POOLING(MaxPooling3D, 3)
/// The mean of each window; cells in the padding do not take part.
KERATIN_POOLING(AveragePooling1D, 1)
KERATIN_POOLING(AveragePooling2D, 2)
KERATIN_POOLING(AveragePooling3D, 3)
#undef KERATIN_POOLING

}  // namespace keratin::layers
