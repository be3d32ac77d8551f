// Resizing, CenterCrop and RandomCrop (keras.layers): images [n, h, w, c] or one image [h, w, c]; channels_first puts c before h.
#include <cmath>
#include <fmt/format.h>

#include "compiler/layers/checks.h"
#include "compiler/layers/random.h"
#include "compiler/layers/read_arguments.h"
#include "compiler/layers/resize.h"
#include "keratin/layers/resizing.h"

namespace keratin {

namespace {

/// The axis of the rows; -1 after a problem: the tensor is no image, or its size is open.
int row_axis(CallContext& ctx, Val x, bool channels_first) {
  if (x.rank() != 3 && x.rank() != 4) {
    ctx.fail(fmt::format("expected ndim=3 or 4, found ndim={}. Full shape received: {}", x.rank(), ir::keras_shape(x.shape())));
    return -1;
  }
  const int axis = x.rank() - (channels_first ? 2 : 3);
  for (int i : {axis, axis + 1})
    if (!x.dim(i).is_static()) {
      ctx.fail(fmt::format("dimension {} of {} must be known", i, ir::keras_shape(x.shape())));
      return -1;
    }
  return axis;
}

class Resizing : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
    const layers::ResizingArguments& a = arguments_;
    options_ = {.interpolation = a.interpolation.value(), .antialias = a.antialias, .crop_to_aspect_ratio = a.crop_to_aspect_ratio,
                .pad_to_aspect_ratio = a.pad_to_aspect_ratio, .fill_value = a.fill_value};
    config.require("bounding_box_format", {});
    if (options_.crop_to_aspect_ratio && options_.pad_to_aspect_ratio) config.fail("pad_to_aspect_ratio", "excludes crop_to_aspect_ratio");
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const Val x = only_tensor(ctx, inputs).value;
    const int axis = x.poisoned() ? -1 : row_axis(ctx, x, arguments_.data_format.channels_first());
    if (axis < 0) return {KTensor{}};
    return {{saturated(ctx, resize(x, axis, arguments_.height, arguments_.width, options_), x.dtype()), {}}};
  }

  std::string describe() const override {
    return fmt::format("Resizing({}, {}, {})", int64_t{arguments_.height}, int64_t{arguments_.width}, options_.interpolation);
  }

 private:
  /// Back to the image's own type: integers are rounded to even and bounded.
  static Val saturated(CallContext& ctx, Val y, DType dtype) {
    if (y.poisoned() || y.dtype() == dtype) return y;
    if (is_float(dtype)) return ctx.b.cast(y, dtype);
    const int bits = static_cast<int>(size_of(dtype)) * 8;
    const double top = is_signed(dtype) ? std::ldexp(1.0, bits - 1) : std::ldexp(1.0, bits);
    y = ctx.b.unary(ir::Unary::Kind::round, y);
    // Above 24 bits the bound itself is not a float: the largest one below it is.
    const double high = bits > 16 ? std::ldexp(1.0 - std::ldexp(1.0, -24), bits - (is_signed(dtype) ? 1 : 0)) : top - 1;
    return ctx.b.cast(minimum(maximum(y, is_signed(dtype) ? -top : 0.0), high), dtype);
  }

  layers::ResizingArguments arguments_;
  ResizeOptions options_;
};

/// The centre of the image; an image that is smaller is resized with its aspect ratio kept instead.
class CenterCrop : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
    config.require("bounding_box_format", {});
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    Val x = only_tensor(ctx, inputs).value;
    const int axis = x.poisoned() ? -1 : row_axis(ctx, x, arguments_.data_format.channels_first());
    if (axis < 0) return {KTensor{}};
    if (is_float(ctx.compute())) x = ctx.b.cast(x, ctx.compute());
    const int64_t rows = x.dim(axis).size, columns = x.dim(axis + 1).size;
    const int64_t height = arguments_.height, width = arguments_.width;
    if (rows < height || columns < width) return {{resize(x, axis, height, width, {.crop_to_aspect_ratio = true}), {}}};
    const int64_t top = (rows - height) / 2, left = (columns - width) / 2;
    return {{ctx.b.slice(ctx.b.slice(x, axis, top, top + height), axis + 1, left, left + width), {}}};
  }

  std::string describe() const override { return fmt::format("CenterCrop({}, {})", int64_t{arguments_.height}, int64_t{arguments_.width}); }

 private:
  layers::CenterCropArguments arguments_;
};

/// In inference the identity since Keras 3.7, before a resize of the largest window with the target's aspect ratio.
class RandomCrop : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
    config.require("bounding_box_format", {});
    config.ignore({"factor"});
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    if (draws_noise(ctx, inputs)) return ctx.fail("RandomCrop cannot be trained with: its random images are supported in inference only");
    Val x = only_tensor(ctx, inputs).value;
    if (x.poisoned() || ctx.version().at_least(3, 7)) return {{x, {}}};
    const int axis = row_axis(ctx, x, arguments_.data_format.channels_first());
    if (axis < 0) return {KTensor{}};
    if (is_float(ctx.compute())) x = ctx.b.cast(x, ctx.compute());
    return {{resize(x, axis, arguments_.height, arguments_.width, {.crop_to_aspect_ratio = true}), {}}};
  }

  bool autocasts() const override { return !version.at_least(3, 7); }
  std::string describe() const override {
    return fmt::format("RandomCrop({}, {}), no crop in inference", int64_t{arguments_.height}, int64_t{arguments_.width});
  }

 private:
  layers::RandomCropArguments arguments_;
};

}  // namespace

const LayerDefinition& layer_Resizing() {
  static const LayerDefinition definition{.name = "Resizing", .aliases = {}, .create = create_layer<Resizing>};
  return definition;
}
const LayerDefinition& layer_CenterCrop() {
  static const LayerDefinition definition{.name = "CenterCrop", .aliases = {}, .create = create_layer<CenterCrop>};
  return definition;
}
const LayerDefinition& layer_RandomCrop() {
  static const LayerDefinition definition{.name = "RandomCrop", .aliases = {}, .create = create_layer<RandomCrop>,
                                          .note = "inference only"};
  return definition;
}

}  // namespace keratin
