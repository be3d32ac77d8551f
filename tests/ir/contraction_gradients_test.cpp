#include <catch2/catch.hpp>

#include "gradient_check.h"

namespace keratin::ir {
namespace {

void check(const std::function<void(Builder&)>& fill, int64_t batch = 2) {
  Case c = make_case(fill);
  check_gradients(c.program, c.function, batch);
}

Type f32(Shape shape) { return {DType::float32, std::move(shape)}; }

TEST_CASE("gradients of dot for every arrangement of axes") {
  const auto dot = [](Shape left, Shape right, Dot::Attrs attrs) {
    check([&](Builder& b) {
      const Val l = b.parameter(f32(left), "left"), r = b.parameter(f32(right), "right");
      b.output(b.dot(l, r, attrs), "y");
    });
  };
  dot({kBatch, 3}, {3, 4}, {{}, {}, {1}, {0}});
  dot({3, kBatch}, {4, 3}, {{}, {}, {0}, {1}});
  dot({kBatch, 5, 3}, {kBatch, 3, 2}, {{0}, {0}, {2}, {1}});
  dot({5, kBatch, 3}, {2, 3, kBatch}, {{1}, {2}, {2}, {1}});
  dot({2, 3, 4}, {4, 5, 3}, {{}, {}, {1, 2}, {2, 0}});
  dot({2, 3, 4, 5}, {5, 3, 2, 6}, {{1, 0}, {1, 2}, {3}, {0}});
  dot({2, 3}, {4, 1}, {{}, {}, {}, {}});
  dot({7}, {7}, {{}, {}, {0}, {0}});
  dot({2, 3, 4}, {2, 3, 4}, {{0, 1, 2}, {0, 1, 2}, {}, {}});
}

ConvGeometry geometry(std::vector<int64_t> strides, std::vector<int64_t> dilation, std::vector<int64_t> low, std::vector<int64_t> high,
                      int64_t groups = 1) {
  return {std::move(strides), std::move(dilation), std::move(low), std::move(high), groups};
}

struct ConvCase {
  Shape input, kernel;
  ConvGeometry geometry;
};

std::vector<ConvCase> conv_cases() {
  return {
      {{kBatch, 6, 2}, {3, 2, 4}, geometry({1}, {1}, {0}, {0})},
      {{kBatch, 7, 2}, {3, 2, 2}, geometry({2}, {1}, {1}, {1})},
      {{kBatch, 9, 1}, {3, 1, 2}, geometry({1}, {3}, {6}, {0})},                                      // causal
      {{kBatch, 5, 4, 2}, {3, 2, 2, 3}, geometry({1, 1}, {1, 1}, {1, 0}, {1, 1})},                    // same, even kernel
      {{kBatch, 7, 5, 3}, {3, 3, 3, 2}, geometry({2, 3}, {1, 1}, {0, 1}, {1, 1})},                    // rows left over
      {{kBatch, 7, 6, 2}, {2, 3, 2, 2}, geometry({1, 1}, {2, 2}, {1, 2}, {1, 2})},                    // dilated
      {{kBatch, 5, 4, 4}, {2, 2, 2, 6}, geometry({1, 2}, {1, 1}, {0, 0}, {1, 0}, 2)},                 // groups
      {{kBatch, 5, 5, 3}, {3, 3, 1, 3}, geometry({1, 1}, {1, 1}, {1, 1}, {1, 1}, 3)},                 // depthwise
      {{kBatch, 5, 5, 3}, {3, 3, 1, 6}, geometry({2, 2}, {1, 1}, {0, 0}, {1, 1}, 3)},                 // depth multiplier 2
      {{kBatch, 4, 3, 5, 2}, {2, 2, 3, 2, 2}, geometry({2, 1, 2}, {1, 1, 1}, {0, 0, 1}, {0, 1, 1})},  // three spatial axes
      {{kBatch, 3, 3, 2}, {1, 1, 2, 5}, geometry({1, 1}, {1, 1}, {0, 0}, {0, 0})},
      {{kBatch, 2, 2, 1}, {3, 3, 1, 1}, geometry({2, 2}, {1, 1}, {2, 2}, {1, 1})},  // windows partly outside
  };
}

Shape output_shape(const ConvCase& c) { return conv_type(c.geometry, f32(c.input), f32(c.kernel))->shape; }

TEST_CASE("gradients of convolutions") {
  for (const ConvCase& c : conv_cases()) {
    INFO(to_string(c.geometry));
    check([&](Builder& b) {
      const Val x = b.parameter(f32(c.input), "x"), k = b.parameter(f32(c.kernel), "k");
      b.output(b.conv(x, k, c.geometry), "y");
    });
    check([&](Builder& b) {
      const Val dy = b.parameter(f32(output_shape(c)), "dy"), k = b.parameter(f32(c.kernel), "k");
      b.output(b.conv_input_grad(dy, k, c.geometry, c.input), "dx");
    });
    check([&](Builder& b) {
      const Val x = b.parameter(f32(c.input), "x"), dy = b.parameter(f32(output_shape(c)), "dy");
      b.output(b.conv_kernel_grad(x, dy, c.geometry, c.kernel), "dk");
    });
  }
}

/// y[p] = sum over cells and channels of x * k, written down directly.
Tensor direct_conv(const Tensor& x, const Tensor& k, const ConvGeometry& g, const std::vector<int64_t>& shape) {
  Tensor y(DType::float32, shape);
  const size_t rank = g.strides.size();
  const int64_t per_group = k.shape[rank], filters = k.shape[rank + 1];
  const std::vector<int64_t> sx = row_major_strides(x.shape), sk = row_major_strides(k.shape);
  for_each_coordinate(shape, [&](int64_t i, const std::vector<int64_t>& at) {
    const int64_t filter = at.back(), group = filter / (filters / g.groups);
    std::vector<int64_t> window(k.shape.begin(), k.shape.begin() + static_cast<std::ptrdiff_t>(rank + 1));
    for_each_coordinate(window, [&](int64_t, const std::vector<int64_t>& cell) {
      int64_t from = at[0] * sx[0] + (group * per_group + cell[rank]), weight = filter + cell[rank] * sk[rank];
      for (size_t axis = 0; axis < rank; ++axis) {
        const int64_t position = at[axis + 1] * g.strides[axis] + cell[axis] * g.dilation[axis] - g.pad_low[axis];
        if (position < 0 || position >= x.shape[axis + 1]) return;
        from += position * sx[axis + 1];
        weight += cell[axis] * sk[axis];
      }
      y.floats[static_cast<size_t>(i)] += x.floats[static_cast<size_t>(from)] * k.floats[static_cast<size_t>(weight)];
    });
  });
  return y;
}

TEST_CASE("convolution is what its definition says") {
  for (const ConvCase& c : conv_cases()) {
    INFO(to_string(c.geometry));
    Case made = make_case([&](Builder& b) {
      const Val x = b.parameter(f32(c.input), "x"), k = b.parameter(f32(c.kernel), "k");
      b.output(b.conv(x, k, c.geometry), "y");
    });
    const Tensors in = random_parameters(made.program, made.function, 3, 5);
    const Tensors out = evaluate(made.program, made.function, 3, in, true);
    CHECK(largest_difference(out, {direct_conv(in[0], in[1], c.geometry, out[0].shape)}) < 1e-12);
  }
}

TEST_CASE("gradients of windows, also of the gradient") {
  const std::vector<Window> windows = {
      {Window::Kind::max, {1, 2, 2, 1}, {1, 2, 2, 1}, {0, 0, 0, 0}, {0, 0, 0, 0}},
      {Window::Kind::max, {1, 3, 3, 1}, {1, 2, 1, 1}, {0, 1, 1, 0}, {0, 1, 1, 0}},
      {Window::Kind::sum, {1, 3, 2, 1}, {1, 2, 1, 1}, {0, 1, 0, 0}, {0, 1, 1, 0}},
      {Window::Kind::sum, {1, 2, 2, 1}, {1, 3, 3, 1}, {0, 0, 0, 0}, {0, 0, 0, 0}},
  };
  const Shape shape{kBatch, 5, 6, 2};
  for (const Window& window : windows) {
    INFO(to_string(window));
    check([&](Builder& b) { b.output(b.window_reduce(b.parameter(f32(shape), "x"), window), "y"); });
    check([&](Builder& b) {
      const Val x = b.parameter(f32(shape), "x");
      b.output(b.add1(WindowGrad::Attrs{window}, {x, b.parameter(f32(window_type(window, f32(shape))->shape), "dy")}), "dx");
    });
  }
}

TEST_CASE("the gradient of a maximum goes to the first largest cell") {
  const Window window{Window::Kind::max, {1, 2, 2, 1}, {1, 2, 2, 1}, {0, 0, 0, 0}, {0, 0, 0, 0}};
  Case c = make_case([&](Builder& b) {
    const Val x = b.parameter(f32({1, 2, 4, 1}), "x");
    const Val dy = b.parameter(f32({1, 1, 2, 1}), "dy");
    b.output(b.add1(WindowGrad::Attrs{window}, {x, dy}), "dx");
  });
  Tensor x(DType::float32, {1, 2, 4, 1}), dy(DType::float32, {1, 1, 2, 1});
  x.floats = {1, 1, 0, 2, 1, 1, 2, 2};
  dy.floats = {5, 7};
  CHECK(evaluate(c.program, c.function, 1, {x, dy})[0].floats == std::vector<double>{5, 0, 0, 7, 0, 0, 0, 0});
}

}  // namespace
}  // namespace keratin::ir
