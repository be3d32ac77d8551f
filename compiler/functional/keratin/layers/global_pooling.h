// Pooling over all places (keras.layers.GlobalAveragePooling*, GlobalMaxPooling*).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of a global pooling.
struct GlobalPoolingArguments {
  NamedOnly named_only{};
  DataFormat data_format{};
  bool keepdims = false;
  KERATIN_ARGUMENTS(data_format, keepdims)
};

#define KERATIN_POOLING(Name)                 \
  class Name : public Layer {                 \
   public:                                    \
    using Arguments = GlobalPoolingArguments; \
    explicit Name(Arguments arguments = {});  \
  };
/// The mean over the spatial axes: (n, spatial..., c) -> (n, c), over steps without those that are masked.
KERATIN_POOLING(GlobalAveragePooling1D)
KERATIN_POOLING(GlobalAveragePooling2D)
KERATIN_POOLING(GlobalAveragePooling3D)
/// The largest element over the spatial axes.
KERATIN_POOLING(GlobalMaxPooling1D)
KERATIN_POOLING(GlobalMaxPooling2D)
KERATIN_POOLING(GlobalMaxPooling3D)
#undef KERATIN_POOLING

}  // namespace keratin::layers
