// Operations on images and sequences (keras.ops.conv, max_pool, depth_to_space, image.pad_images, ...).
#include <fmt/format.h>

#include "compiler/layers/convolution.h"
#include "compiler/operations/operation.h"
#include "compiler/operations/resize.h"

namespace keratin {

namespace {

using Numbers = std::vector<int64_t>;

/// One number for each of `count` spatial axes, or one for all of them.
Numbers per_axis(Arguments& a, std::string_view name, size_t count, int64_t fallback) {
  Numbers numbers = a.integers(name).value_or(Numbers{fallback});
  if (numbers.size() == 1) numbers.assign(count, numbers[0]);
  if (numbers.size() != count) a.fail(name, fmt::format("has {} numbers for {} spatial dimensions", numbers.size(), count));
  for (int64_t number : numbers)
    if (number < 1) a.fail(name, fmt::format("{} is below 1", number));
  numbers.resize(count, 1);
  return numbers;
}

std::string padding_of(Arguments& a) {
  const std::string padding = a.text("padding", "valid");
  if (padding != "valid" && padding != "same") a.fail("padding", fmt::format("'{}' is not one of valid, same", padding));
  return padding;
}

/// Channels last, in floats; poisoned after a problem. Rank: batch, spatial axes, channels.
Val image_of(Arguments& a, std::string_view name) {
  Val x = a.tensor(name);
  if (x.poisoned()) return x;
  if (!is_float(x.dtype())) x = a.b.cast(x, DType::float32);
  if (x.rank() < 3) return a.fail(name, fmt::format("has {} dimensions, at least 3 are needed", x.rank()));
  return a.channels_first() ? to_channels_last(x) : x;
}

Val with_format(Arguments& a, Val y) { return !y.poisoned() && a.channels_first() ? to_channels_first(y) : y; }

ir::ConvGeometry geometry_of(Arguments& a, Val x, Val kernel, int64_t groups) {
  const size_t spatial = static_cast<size_t>(x.rank()) - 2;
  ir::ConvGeometry geometry{per_axis(a, "strides", spatial, 1), per_axis(a, "dilation_rate", spatial, 1), {}, {}, groups};
  const std::string padding = padding_of(a);
  for (size_t i = 0; i < spatial; ++i) {
    const AxisPadding pads = axis_padding(padding, x.dim(static_cast<int>(i) + 1).size, kernel.dim(static_cast<int>(i)).size, geometry.strides[i], geometry.dilation[i]);
    geometry.pad_low.push_back(pads.low);
    geometry.pad_high.push_back(pads.high);
  }
  return geometry;
}

Val kernel_of(Arguments& a, std::string_view name, Val x) {
  if (x.poisoned()) return x;
  const Val kernel = a.as(a.operand(name), x.dtype());
  if (kernel.poisoned()) return kernel;
  if (kernel.rank() == x.rank() && kernel.shape().is_static() && x.dim(-1).is_static()) return kernel;
  return a.fail(name, fmt::format("{} does not fit {}", ir::keras_shape(kernel.shape()), ir::keras_shape(x.shape())));
}

Val conv(Arguments& a) {
  const Val x = image_of(a, "inputs"), kernel = kernel_of(a, "kernel", x);
  if (kernel.poisoned()) return {};
  const int64_t channels = x.dim(-1).size, taken = kernel.dim(-2).size;
  if (taken < 1 || channels % taken != 0) return a.fail("kernel", fmt::format("takes {} channels, inputs have {}", taken, channels));
  const ir::ConvGeometry geometry = geometry_of(a, x, kernel, channels / taken);
  return a.failed() ? Val() : with_format(a, a.b.conv(x, kernel, geometry));
}

/// Each channel by its own filters: kernel (spatial..., channels, multiplier).
Val depthwise(Arguments& a, Val x, std::string_view name) {
  Val kernel = kernel_of(a, name, x);
  if (kernel.poisoned()) return {};
  if (kernel.dim(-2) != x.dim(-1)) return a.fail(name, fmt::format("is of {} channels, inputs have {}", ir::to_string(kernel.dim(-2)), ir::to_string(x.dim(-1))));
  Shape shape = kernel.shape();
  shape[shape.rank() - 1] = shape[shape.rank() - 1] * shape[shape.rank() - 2].size;
  shape[shape.rank() - 2] = 1;
  const ir::ConvGeometry geometry = geometry_of(a, x, kernel, x.dim(-1).size);
  return a.failed() ? Val() : a.b.conv(x, a.b.reshape(kernel, shape), geometry);
}

Val separable(Arguments& a) {
  const Val x = image_of(a, "inputs");
  const Val y = x.poisoned() ? x : depthwise(a, x, "depthwise_kernel");
  const Val kernel = kernel_of(a, "pointwise_kernel", y);
  if (kernel.poisoned()) return {};
  const Numbers ones(static_cast<size_t>(y.rank()) - 2, 1), zeros(ones.size(), 0);
  return with_format(a, a.b.conv(y, kernel, {ones, ones, zeros, zeros, 1}));
}

Val pool(Arguments& a, bool largest) {
  const Val x = image_of(a, "inputs");
  if (x.poisoned()) return x;
  const size_t spatial = static_cast<size_t>(x.rank()) - 2;
  const Numbers size = per_axis(a, "pool_size", spatial, 1);
  const Numbers strides = a.given("strides") ? per_axis(a, "strides", spatial, 1) : size;
  const std::string padding = padding_of(a);
  ir::Window window{largest ? ir::Window::Kind::max : ir::Window::Kind::sum, {1}, {1}, {0}, {0}};
  for (size_t i = 0; i < spatial; ++i) {
    const AxisPadding pads = axis_padding(padding, x.dim(static_cast<int>(i) + 1).size, size[i], strides[i], 1);
    window.size.push_back(size[i]);
    window.strides.push_back(strides[i]);
    window.pad_low.push_back(pads.low);
    window.pad_high.push_back(pads.high);
  }
  for (Numbers* list : {&window.size, &window.strides}) list->push_back(1);
  for (Numbers* list : {&window.pad_low, &window.pad_high}) list->push_back(0);
  if (a.failed()) return {};
  Val y = a.b.window_reduce(x, window);
  if (!largest && !y.poisoned()) {  // by the number of cells inside the image
    Shape shape = x.shape();
    shape[0] = shape[shape.rank() - 1] = Dim(1);
    y = y / a.b.window_reduce(a.b.full({x.dtype(), shape}, 1), window);
  }
  return with_format(a, y);
}

/// Channels (b, b, rest) become blocks of b x b pixels, or back.
Val rearranged_blocks(Arguments& a, bool to_space) {
  const Val given = a.tensor("x");
  if (given.poisoned()) return given;
  const int64_t b = a.integer("block_size");
  if (given.rank() != 4) return a.fail(fmt::format("takes 4 dimensions, not {}", given.rank()));
  const Val x = a.channels_first() ? to_channels_last(given) : given;
  const int64_t height = x.dim(1).size, width = x.dim(2).size, channels = x.dim(3).size;
  if (a.failed()) return {};
  if (b < 2) return a.fail("block_size", fmt::format("{} is below 2", b));
  Val y;
  if (to_space) {
    if (channels % (b * b) != 0) return a.fail("block_size", fmt::format("{} channels are no blocks of {}x{}", channels, b, b));
    const int64_t rest = channels / (b * b);
    y = a.b.transpose(a.b.reshape(x, {x.dim(0), height, width, b, b, rest}), {0, 1, 3, 2, 4, 5});
    y = a.b.reshape(y, {x.dim(0), height * b, width * b, rest});
  } else {
    if (height % b != 0 || width % b != 0) return a.fail("block_size", fmt::format("{}x{} pixels are no blocks of {}x{}", height, width, b, b));
    y = a.b.transpose(a.b.reshape(x, {x.dim(0), height / b, b, width / b, b, channels}), {0, 1, 3, 2, 4, 5});
    y = a.b.reshape(y, {x.dim(0), height / b, width / b, channels * b * b});
  }
  return with_format(a, y);
}

Val grayscale(Arguments& a) {
  Val x = a.tensor("images");
  if (x.poisoned()) return x;
  if (!is_float(x.dtype())) x = a.b.cast(x, DType::float32);
  if (x.rank() != 3 && x.rank() != 4) return a.fail("images", fmt::format("have {} dimensions, not 3 or 4", x.rank()));
  const int axis = a.channels_first() ? x.rank() - 3 : x.rank() - 1;
  if (x.dim(axis) != Dim(3)) return a.fail("images", fmt::format("have {} channels, not 3", ir::to_string(x.dim(axis))));
  const double weights[] = {0.2989, 0.5870, 0.1140};
  Val sum;
  for (int i = 0; i < 3; ++i) {
    const Val term = a.b.slice(x, axis, i, i + 1) * weights[i];
    sum = i == 0 ? term : sum + term;
  }
  return sum;
}

/// Zeros around, or edges off, the height and width: from two of low, high and the wanted size.
Val framed(Arguments& a, bool crops) {
  Val x = a.tensor("images");
  if (x.poisoned()) return x;
  if (x.rank() != 3 && x.rank() != 4) return a.fail("images", fmt::format("have {} dimensions, not 3 or 4", x.rank()));
  const int first = a.channels_first() ? x.rank() - 2 : x.rank() - 3;
  const std::string_view names[2][3] = {{crops ? "top_cropping" : "top_padding", crops ? "bottom_cropping" : "bottom_padding", "target_height"},
                                        {crops ? "left_cropping" : "left_padding", crops ? "right_cropping" : "right_padding", "target_width"}};
  std::vector<Dim> low(static_cast<size_t>(x.rank())), high = low;
  for (int i = 0; i < 2; ++i) {
    const auto [low_name, high_name, target_name] = names[i];
    const int axis = first + i;
    const int64_t extent = x.dim(axis).size;
    if (a.given(low_name) + a.given(high_name) + a.given(target_name) != 2) return a.fail(fmt::format("needs two of {}, {} and {}", low_name, high_name, target_name));
    const int64_t total = a.given(target_name) ? (crops ? extent - a.integer(target_name) : a.integer(target_name) - extent) : a.integer(low_name) + a.integer(high_name);
    const int64_t before = a.given(low_name) ? a.integer(low_name) : total - a.integer(high_name), after = total - before;
    if (before < 0 || after < 0 || (crops && total >= extent)) return a.fail(fmt::format("{} and {} of {} elements are not possible", before, after, extent));
    low[static_cast<size_t>(axis)] = before;
    high[static_cast<size_t>(axis)] = after;
    if (crops) x = a.b.slice(x, axis, before, extent - after);
  }
  return crops ? x : a.b.pad(x, low, high);
}

Operation row(std::string_view name, std::string_view config, std::string_view call, std::function<Val(Arguments&)> f) {
  return {name, config, call, [f](Arguments& a) { return one(f(a)); }};
}

}  // namespace

const OperationTable& spatial_operations() {
  static const OperationTable table = {
      row("AveragePool", "pool_size strides padding data_format", "inputs", [](Arguments& a) { return pool(a, false); }),
      row("Conv", "strides padding data_format dilation_rate", "inputs kernel", conv),
      row("CropImages", "top_cropping left_cropping bottom_cropping right_cropping target_height target_width data_format", "images",
          [](Arguments& a) { return framed(a, true); }),
      row("DepthToSpace", "block_size data_format", "x", [](Arguments& a) { return rearranged_blocks(a, true); }),
      row("DepthwiseConv", "strides padding data_format dilation_rate", "inputs kernel",
          [](Arguments& a) {
            const Val x = image_of(a, "inputs");
            return x.poisoned() ? x : with_format(a, depthwise(a, x, "kernel"));
          }),
      row("MaxPool", "pool_size strides padding data_format", "inputs", [](Arguments& a) { return pool(a, true); }),
      row("PadImages", "top_padding left_padding bottom_padding right_padding target_height target_width data_format", "images",
          [](Arguments& a) { return framed(a, false); }),
      row("RGBToGrayscale", "data_format", "images", grayscale),
      row("Resize", "size interpolation antialias crop_to_aspect_ratio pad_to_aspect_ratio fill_mode fill_value data_format", "images", resize_images),
      row("SeparableConv", "strides padding data_format dilation_rate", "inputs depthwise_kernel pointwise_kernel", separable),
      row("SpaceToDepth", "block_size data_format", "x", [](Arguments& a) { return rearranged_blocks(a, false); }),
  };
  return table;
}

}  // namespace keratin
