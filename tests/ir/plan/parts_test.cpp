// Concatenations whose parts are written in place, and kernels that read parts of wider results.
#include <catch2/catch.hpp>

#include "plan_of.h"

namespace keratin::ir {
namespace {

TEST_CASE("loops over elements write their part of a concatenation along any axis") {
  for (int axis : {1, 2})
    CHECK(steps_of({kBatch, 4, 6}, [axis](Builder& b, Val x) { return b.concatenate({tanh(x), exp(x)}, axis); }) == "map_all[tanh exp]");
  CHECK(steps_of({kBatch, 4}, [](Builder& b, Val x) {
          const Val inner = b.concatenate({tanh(x), exp(x)}, 1);
          return b.concatenate({inner, sigmoid(x)}, 1);
        }) == "map_all[tanh exp sigmoid]");
}

TEST_CASE("kernels write their part of a concatenation along the last axis") {
  const auto branches = [](int axis) {
    return [axis](Builder& b, Val x) {
      const Val a = maximum(conv2d(x, 8, 1, 0), 0), c = conv2d(x, 8, 5, 2), d = max_pool(b.pad(x, {0, 1, 1, 0}, {0, 1, 1, 0}), 3, 1);
      return b.concatenate({a, c, d}, axis);
    };
  };
  CHECK(steps_of({kBatch, 6, 6, 8}, branches(3)) == "conv2d[max] conv2d map_scalar[] map[] pooling");
  CHECK(steps_of({kBatch, 6, 6, 8}, branches(2)) == "conv2d[max] conv2d map_scalar[] map[] pooling map[] map[] map[]");
  CHECK(steps_of({kBatch, 8}, [](Builder& b, Val x) { return b.concatenate({b.dense(x, weight(b, {8, 64})), tanh(b.dense(x, weight(b, {8, 64})))}, 1); }) == "dense_small dense_small[tanh]");
}

TEST_CASE("a part that other kernels read too is written in place") {
  CHECK(steps_of({kBatch, 8, 8, 8}, [](Builder& b, Val x) {
          const Val skip = maximum(conv2d(x, 8, 5, 2), 0), low = max_pool(skip, 2, 2);
          const Val up = b.conv_input_grad(low, weight(b, {2, 2, 8, 8}), {{2, 2}, {1, 1}, {0, 0}, {0, 0}, 1}, {kBatch, 8, 8, 8});
          return conv2d(b.concatenate({up, skip}, 3), 8, 1, 0);
        }) == "conv2d[max] pooling conv2d_transpose conv2d");
}

TEST_CASE("parts that are given or read elsewhere are copied") {
  CHECK(steps_of({kBatch, 4}, [](Builder& b, Val x) { return b.concatenate({x, tanh(x)}, 1); }) == "map_all[tanh]");
  CHECK(steps_of({kBatch, 4}, [](Builder& b, Val x) {
          const Val y = tanh(x);
          return b.concatenate({y, y}, 1);
        }) == "map_all[tanh]");
  CHECK(steps_of({kBatch, 4}, [](Builder& b, Val x) {
          const Val y = tanh(x);
          return b.concatenate({y, exp(y)}, 1);
        }) == "map_all[tanh exp]");
}

TEST_CASE("channels that are cut out are read where they lie") {
  CHECK(steps_of({kBatch, 6, 6, 16}, [](Builder& b, Val x) { return conv2d(b.slice(x, 3, 4, 12), 8, 5, 2); }) == "conv2d");
  CHECK(steps_of({kBatch, 6, 6, 16}, [](Builder& b, Val x) { return max_pool(b.slice(x, 3, 4, 12), 2, 2); }) == "pooling");
  CHECK(steps_of({kBatch, 16}, [](Builder& b, Val x) { return b.dense(b.slice(x, 1, 4, 12), weight(b, {8, 512})); }) == "dense");
}

TEST_CASE("rows that lie on one another are copied") {
  CHECK(steps_of({8}, [](Builder& b, Val x) { return b.dense(b.broadcast(x, {kBatch, 8}), weight(b, {8, 4})); }) == "map[] dense_small");
  CHECK(steps_of({4, 8}, [](Builder& b, Val x) { return b.dense(b.reverse(x, {0}), weight(b, {8, 512})); }) == "map[] dense");
}

TEST_CASE("without fusion parts are copied") {
  PlanOptions options;
  options.fuse = false;
  CHECK(steps_of({kBatch, 4}, [](Builder& b, Val x) { return b.concatenate({tanh(x), exp(x)}, 1); }, options) == "map[tanh] map[exp] map[] map[]");
}

}  // namespace
}  // namespace keratin::ir
