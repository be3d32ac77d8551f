// Image resizing as tf.image.resize does it: separable, one constant table of taps per axis.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/layers/layer.h"

namespace keratin {

struct ResizeOptions {
  std::string interpolation = "bilinear";  // one of resize_interpolations()
  bool antialias = false;                  // widens the kernels of all but nearest and area when the image shrinks
  bool crop_to_aspect_ratio = false;       // crops the centre to the target's aspect ratio before
  bool pad_to_aspect_ratio = false;        // pads with fill_value to it before
  double fill_value = 0;
  bool corner_aligned = false;             // bilinear of Keras 2.2-2.3: output pixel i samples at i * in / out, without half-pixel centres
};

/// nearest, bilinear, bicubic, lanczos3, lanczos5, area, gaussian, mitchellcubic.
const std::vector<std::string_view>& resize_interpolations();

/// Resizes the axes `height_axis` and the one after it, whose extents must be known. Integers become float32 except by nearest.
Val resize(Val x, int height_axis, int64_t height, int64_t width, const ResizeOptions& options);

/// What one output element of an axis reads: `count` inputs and their weights per output, row-major.
struct ResizeTaps {
  int64_t count = 0;
  std::vector<int64_t> index;
  std::vector<double> weight;
};
ResizeTaps resize_taps(int64_t inputs, int64_t outputs, const ResizeOptions& options);

}  // namespace keratin
