// Image resizing as an operation (keras.ops.image.resize, tf.image.resize).
#pragma once

#include "compiler/operations/arguments.h"

namespace keratin {

/// The arguments images (3 or 4 dimensions), size, interpolation, antialias, crop_to_aspect_ratio, pad_to_aspect_ratio, fill_mode, fill_value, data_format.
Val resize_images(Arguments& a);

}  // namespace keratin
