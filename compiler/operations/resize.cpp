#include "compiler/operations/resize.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/layers/resize.h"

namespace keratin {

Val resize_images(Arguments& a) {
  const Val x = a.tensor("images");
  if (x.poisoned()) return x;
  if (x.rank() != 3 && x.rank() != 4) return a.fail("images", fmt::format("have {} dimensions, not 3 or 4", x.rank()));
  const std::vector<int64_t> size = a.integers("size").value_or(std::vector<int64_t>{});
  if (size.size() != 2 || size[0] < 1 || size[1] < 1) return a.failed() ? Val() : a.fail("size", "is no positive height and width");
  ResizeOptions options;
  options.interpolation = a.text("interpolation", "bilinear");
  options.antialias = a.boolean("antialias", false);
  options.crop_to_aspect_ratio = a.boolean("crop_to_aspect_ratio", false);
  options.pad_to_aspect_ratio = a.boolean("pad_to_aspect_ratio", false);
  options.fill_value = a.number("fill_value", 0);
  const std::string fill_mode = a.text("fill_mode", "constant");
  if (fill_mode != "constant") return a.fail("fill_mode", fmt::format("'{}' is not constant", fill_mode));
  if (options.crop_to_aspect_ratio && options.pad_to_aspect_ratio) return a.fail("crop_to_aspect_ratio and pad_to_aspect_ratio exclude each other");
  const std::vector<std::string_view>& known = resize_interpolations();
  if (std::find(known.begin(), known.end(), options.interpolation) == known.end())
    return a.fail("interpolation", fmt::format("'{}' is not one of {}", options.interpolation, fmt::join(known, ", ")));
  if (a.boolean("preserve_aspect_ratio", false)) return a.fail("preserve_aspect_ratio", "true is not supported");
  const int height_axis = a.channels_first() ? x.rank() - 2 : x.rank() - 3;
  if (!x.dim(height_axis).is_static() || !x.dim(height_axis + 1).is_static()) return a.fail("images", "are of unknown size");
  return a.failed() ? Val() : resize(x, height_axis, size[0], size[1], options);
}

}  // namespace keratin
