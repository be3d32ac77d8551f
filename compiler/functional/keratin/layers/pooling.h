// Pooling over windows (keras.layers.MaxPooling*, AveragePooling*).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of a pooling over N spatial axes. That of averages has no default size.
template <size_t N, bool kMax>
struct PoolingArguments {
  NamedOnly named_only{};
  Tuple<N> pool_size = kMax ? Tuple<N>(2) : Tuple<N>();
  OptionalTuple<N> strides{};  // pool_size
  OneOf<"valid", "same"> padding{};
  DataFormat data_format{};
  KERATIN_ARGUMENTS(pool_size, strides, padding, data_format)
  static void resolve(PoolingArguments& arguments) {
    const Tuple<N>& size = arguments.pool_size;
    if (arguments.strides.given() || !size.given()) return;
    arguments.strides = size.scalar() ? OptionalTuple<N>(size.values()[0]) : OptionalTuple<N>(size.values());
  }
};

#define KERATIN_POOLING(Name, N, kMax, ...)                                           \
  class Name : public Layer {                                                         \
   public:                                                                            \
    using Arguments = PoolingArguments<N, kMax>;                                      \
    explicit Name(Arguments arguments __VA_ARGS__);                                   \
    explicit Name(Tuple<N> pool_size, Arguments arguments = {})                       \
        : Name((arguments.pool_size = std::move(pool_size), std::move(arguments))) {} \
  };
/// The largest element of each window.
KERATIN_POOLING(MaxPooling1D, 1, true, = {})
KERATIN_POOLING(MaxPooling2D, 2, true, = {})
KERATIN_POOLING(MaxPooling3D, 3, true, = {})
/// The mean of each window; cells in the padding do not take part.
KERATIN_POOLING(AveragePooling1D, 1, false)
KERATIN_POOLING(AveragePooling2D, 2, false)
KERATIN_POOLING(AveragePooling3D, 3, false)
#undef KERATIN_POOLING

}  // namespace keratin::layers
