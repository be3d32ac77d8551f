// Kernels for the ops of backward functions.
#include <catch2/catch.hpp>

#include "plan_of.h"

namespace keratin::ir {
namespace {

TEST_CASE("the gradient of a kernel is one step, grouped or depthwise too") {
  const auto gradient = [](int64_t groups, int64_t filters) {
    return [groups, filters](Builder& b, Val x) {
      const ConvGeometry geometry{{1, 1}, {1, 1}, {1, 1}, {1, 1}, groups};
      const Val dy = b.parameter({DType::float32, {kBatch, 5, 6, Dim(filters)}}, "dy");
      return b.conv_kernel_grad(x, dy, geometry, {3, 3, Dim(8 / groups), Dim(filters)});
    };
  };
  CHECK(steps_of({kBatch, 5, 6, 8}, gradient(1, 12)) == "conv_kernel_grad");
  CHECK(steps_of({kBatch, 5, 6, 8}, gradient(2, 12)) == "conv_kernel_grad_grouped");
  CHECK(steps_of({kBatch, 5, 6, 8}, gradient(8, 16)) == "depthwise_kernel_grad");
}

TEST_CASE("pooling's gradients and sums over windows have kernels") {
  const auto window = [](Window::Kind kind) { return Window{kind, {1, 2, 3, 1}, {1, 2, 1, 1}, {0, 0, 1, 0}, {0, 0, 1, 0}}; };
  for (Window::Kind kind : {Window::Kind::max, Window::Kind::sum}) {
    CHECK(steps_of({kBatch, 4, 6, 8}, [&](Builder& b, Val x) {
            return b.add1(WindowGrad::Attrs{window(kind)}, {x, b.parameter({DType::float32, {kBatch, 2, 6, 8}}, "dy")});
          }) == "pooling_grad");
  }
  CHECK(steps_of({kBatch, 4, 6, 8}, [&](Builder& b, Val x) { return b.window_reduce(x, window(Window::Kind::sum)); }) == "pooling");
}

TEST_CASE("products of activations read turned operands where they lie") {
  const auto product = [](Shape other, Dot::Attrs attrs) {
    return [other, attrs](Builder& b, Val x) { return b.dot(x, b.parameter({DType::float32, other}, "other"), attrs); };
  };
  CHECK(steps_of({kBatch, 8}, product({kBatch, 6}, {{}, {}, {0}, {0}})) == "matmul");            // a kernel's gradient
  CHECK(steps_of({kBatch, 4, 8}, product({kBatch, 4, 6}, {{}, {}, {0, 1}, {0, 1}})) == "matmul");
  CHECK(steps_of({kBatch, 6}, product({8, 6}, {{}, {}, {1}, {1}})) == "matmul");                 // an input's
  CHECK(steps_of({kBatch, 4, 2, 8}, product({kBatch, 5, 2, 8}, {{0, 2}, {0, 2}, {3}, {3}})) == "matmul");  // heads
  CHECK(steps_of({6, 4, 2, 8}, product({5, 7, 4, 2}, {{}, {}, {1, 2}, {2, 3}})) == "map[] matmul");
}

TEST_CASE("a kernel that is no weight is packed where it is used") {
  const ConvGeometry plain{{1, 1}, {1, 1}, {1, 1}, {1, 1}, 1};
  const auto kernel = [](Builder& b, Shape shape) { return b.parameter({DType::float32, std::move(shape)}, "w"); };
  CHECK(steps_of({kBatch, 5, 6, 8}, [&](Builder& b, Val x) { return b.conv(x, kernel(b, {3, 3, 8, 12}), plain); }) == "pack_panels conv2d");
  CHECK(steps_of({kBatch, 5, 6, 12}, [&](Builder& b, Val dy) { return b.conv_input_grad(dy, kernel(b, {3, 3, 8, 12}), plain, {kBatch, 5, 6, 8}); }) == "pack_panels conv2d_transpose");
  const ConvGeometry each{{1, 1}, {1, 1}, {1, 1}, {1, 1}, 8};
  CHECK(steps_of({kBatch, 5, 6, 8}, [&](Builder& b, Val x) { return b.conv(x, kernel(b, {3, 3, 1, 8}), each); }) == "depthwise_conv2d");
  CHECK(steps_of({kBatch, 5, 6, 16}, [&](Builder& b, Val dy) { return b.conv_input_grad(dy, weight(b, {3, 3, 1, 16}), each, {kBatch, 5, 6, 8}); }) == "depthwise_input_grad");
  const ConvGeometry pairs{{1, 1}, {1, 1}, {1, 1}, {1, 1}, 4};
  CHECK(steps_of({kBatch, 5, 6, 12}, [&](Builder& b, Val dy) { return b.conv_input_grad(dy, weight(b, {3, 3, 2, 12}), pairs, {kBatch, 5, 6, 8}); }) == "conv2d_transpose_grouped");
}

TEST_CASE("3x3 convolutions with kernels that change take winograd too, and so do their gradients") {
  const ConvGeometry plain{{1, 1}, {1, 1}, {1, 1}, {1, 1}, 1};
  const auto kernel = [](Builder& b) { return b.parameter({DType::float32, {3, 3, 32, 64}}, "w"); };
  CHECK(steps_of({kBatch, 28, 28, 32}, [&](Builder& b, Val x) { return b.conv(x, kernel(b), plain); }) == "winograd_transform winograd");
  CHECK(steps_of({kBatch, 28, 28, 64}, [&](Builder& b, Val dy) { return b.conv_input_grad(dy, kernel(b), plain, {kBatch, 28, 28, 32}); }) == "winograd_transform winograd");
  const ConvGeometry wide{{1, 1}, {1, 1}, {3, 3}, {3, 3}, 1};   // the flipped convolution would have negative padding
  CHECK(steps_of({kBatch, 32, 32, 64}, [&](Builder& b, Val dy) { return b.conv_input_grad(dy, kernel(b), wide, {kBatch, 28, 28, 32}); }) == "pack_panels conv2d_transpose");
}

TEST_CASE("axes that are apart are reduced one after the other") {
  CHECK(steps_of({kBatch, 4, 5, 6}, [](Builder& b, Val x) { return b.add1(Reduce::Attrs{Reduce::Kind::sum, {1, 3}}, {x}); }) == "reduce_rows reduce");
  CHECK(steps_of({kBatch, 4, 5, 6}, [](Builder& b, Val x) { return b.add1(Reduce::Attrs{Reduce::Kind::sum, {0, 1, 2}}, {x}); }) == "reduce");
}

TEST_CASE("a sum by index starts from zeros") {
  CHECK(steps_of({kBatch, 7, 3}, [](Builder& b, Val x) { return b.scatter_add(x, b.parameter({DType::int32, {kBatch, 7}}, "ids"), 0, 20, 0); }) == "map_scalar[] scatter_add");
}

}  // namespace
}  // namespace keratin::ir
