// fold_padding: zeros around convolutions and max pooling.
#include <catch2/catch.hpp>

#include "gradient_check.h"
#include "ir/passes/fold_padding.h"

namespace keratin::ir {
namespace {

/// Number of pad nodes left; checks that the results stay the same.
int pads_after(const std::function<Val(Builder&, Val)>& build) {
  Case c = make_case([&](Builder& b) { b.output(build(b, b.parameter({DType::float32, {kBatch, 5, 4, 2}}, "x")), "y"); }, "predict");
  check_same_results(c.program, c.function, 2, [&] { fold_padding(c.program, c.function); }, 1e-12);
  int pads = 0;
  for (const Node& node : c.program.function(c.function).nodes) pads += node.op.as<Pad>() != nullptr;
  return pads;
}

Val conv(Builder& b, Val x, int64_t kernel, int64_t pad = 0) {
  return b.conv(x, b.read(add_variable(b.program(), "kernel", {DType::float32, {kernel, kernel, 2, 3}}, 7)), {{2, 1}, {1, 1}, {pad, 0}, {0, pad}, 1});
}
Val pool(Builder& b, Val x, Window::Kind kind) { return b.window_reduce(x, {kind, {1, 2, 3, 1}, {1, 2, 1, 1}, {0, 0, 0, 0}, {0, 0, 0, 0}}); }
Val zeros_around(Builder& b, Val x, double value = 0) { return b.pad(x, {0, 1, 1, 0}, {0, 1, 2, 0}, value); }

TEST_CASE("zeros before a convolution become its padding") {
  CHECK(pads_after([](Builder& b, Val x) { return conv(b, zeros_around(b, x), 3); }) == 0);
  CHECK(pads_after([](Builder& b, Val x) { return conv(b, zeros_around(b, x), 4, 1); }) == 0);
}

TEST_CASE("what is not padding of the convolution stays") {
  CHECK(pads_after([](Builder& b, Val x) { return conv(b, zeros_around(b, x, 1), 3); }) == 1);              // another value
  CHECK(pads_after([](Builder& b, Val x) { return conv(b, zeros_around(b, x), 2); }) == 1);                 // outputs that read nothing
  CHECK(pads_after([](Builder& b, Val x) { return conv(b, b.slice(b.pad(x, {0, 1, 1, 1}, {0, 1, 1, 1}), 3, 0, 2), 3); }) == 1);
  CHECK(pads_after([](Builder& b, Val x) { return b.slice(b.pad(x, {1, 0, 0, 0}, {0, 0, 0, 0}), 0, 0, kBatch); }) == 1);
}

TEST_CASE("a padded value that others read is padded for them alone") {
  CHECK(pads_after([](Builder& b, Val x) {
          const Val padded = zeros_around(b, x);
          return b.concatenate({b.reshape(conv(b, padded, 3), {kBatch, 45}), b.reshape(padded, {kBatch, 98})}, 1);
        }) == 1);
}

TEST_CASE("zeros around a ReLU's result are padding of max pooling") {
  CHECK(pads_after([](Builder& b, Val x) { return pool(b, b.pad(maximum(x, 0), {0, 1, 1, 0}, {0, 1, 2, 0}), Window::Kind::max); }) == 0);
  CHECK(pads_after([](Builder& b, Val x) { return pool(b, zeros_around(b, x), Window::Kind::max); }) == 1);               // may be negative
  CHECK(pads_after([](Builder& b, Val x) { return pool(b, zeros_around(b, maximum(x, 0)), Window::Kind::sum); }) == 1);  // counts its cells
  CHECK(pads_after([](Builder& b, Val x) { return pool(b, b.pad(maximum(x, 0), {0, 2, 1, 0}, {0, 2, 2, 0}), Window::Kind::max); }) == 1);
}

}  // namespace
}  // namespace keratin::ir
