#include <catch2/catch.hpp>

#include "plan_of.h"

namespace keratin::ir {
namespace {

Val relu(Val x) { return maximum(x, 0); }
Val bias(Builder& b, int64_t n) { return weight(b, {Dim(n)}, "bias"); }
Val dense(Builder& b, Val x, int64_t units) { return b.dense(x, weight(b, {x.dim(-1), Dim(units)})); }

TEST_CASE("dense takes bias and activation") {
  CHECK(steps_of({kBatch, 80}, [](Builder& b, Val x) { return relu(dense(b, x, 32) + bias(b, 32)); }) == "dense+[max]");
  CHECK(steps_of({kBatch, 80}, [](Builder& b, Val x) { return tanh(dense(b, x, 32)); }) == "dense[tanh]");
  CHECK(steps_of({kBatch, 80}, [](Builder& b, Val x) { return dense(b, x, 32) + bias(b, 32); }) == "dense+");
}

TEST_CASE("a product of a few KB of weights is computed in the caller") {
  CHECK(steps_of({kBatch, 8}, [](Builder& b, Val x) { return relu(dense(b, x, 32) + bias(b, 32)); }) == "dense_small+[max]");
  CHECK(steps_of({kBatch, 4, 8}, [](Builder& b, Val x) { return dense(b, x, 32); }) == "dense");  // four rows for each example
}

TEST_CASE("an activation that reads its argument twice is one epilogue") {
  CHECK(steps_of({kBatch, 80}, [](Builder& b, Val x) {
          const Val z = dense(b, x, 32) + bias(b, 32);
          return z * sigmoid(z);
        }) == "dense+[sigmoid mul]");
}

TEST_CASE("a residual sum is read by the kernel before it") {
  CHECK(steps_of({kBatch, 160}, [](Builder& b, Val x) { return relu(x + (dense(b, x, 160) + bias(b, 160))); }) == "dense+[add max]");
}

TEST_CASE("where two kernels meet the later one computes the sum, each with its own bias and activation") {
  CHECK(steps_of({kBatch, 160}, [](Builder& b, Val x) {
          const Val filter = tanh(dense(b, x, 160) + bias(b, 160));
          return filter * sigmoid(dense(b, x, 160) + bias(b, 160));
        }) == "dense+[tanh] dense+[sigmoid mul]");
}

TEST_CASE("a sum of many kernels' results runs along with them") {
  CHECK(steps_of({kBatch, 160}, [](Builder& b, Val x) {
          Val sum = sigmoid(dense(b, x, 160) + bias(b, 160));
          for (int i = 0; i < 11; ++i) sum = sum + sigmoid(dense(b, x, 160) + bias(b, 160));
          return sum;
        }) == "dense+[sigmoid]" + [] {
    std::string rest;
    for (int i = 0; i < 11; ++i) rest += " dense+[sigmoid add]";
    return rest;
  }());
}

TEST_CASE("a value that two kernels read is stored before") {
  CHECK(steps_of({kBatch, 160}, [](Builder& b, Val x) {
          const Val y = relu(dense(b, x, 160));
          return dense(b, y, 160) + y;
        }) == "dense[max] dense[add]");
}

TEST_CASE("pointwise chains are one map, and no map reads more than it can") {
  CHECK(steps_of({kBatch, 160}, [](Builder&, Val x) { return tanh(exp(x) * 2.0 + x); }) == "map[exp mul add tanh]");
  const std::string text = steps_of({kBatch, 4}, [](Builder& b, Val x) {
    Val sum = x;
    for (int i = 0; i < 24; ++i) sum = sum * b.broadcast(weight(b, {Dim(4)}), x.shape());
    return sum;
  });
  CHECK(text.find("map[mul") == 0);
  CHECK(text.find(" map[mul") != std::string::npos);
}

TEST_CASE("maps over the same elements are one pass where they read the same, or one reads the other") {
  const Shape x = {kBatch, 160};
  // A value that a product and a map read is stored by the pass that computes both.
  CHECK(steps_of(x, [](Builder& b, Val x) {
          const Val y = exp(x), z = y * tanh(x);
          return dense(b, y, 8) * b.sum(z, {1}, true);
        }) == "map_all[exp tanh mul] reduce_rows dense_small map[mul]");
  // A sum stands between: its rows are not the elements.
  CHECK(steps_of(x, [](Builder& b, Val x) {
          const Val y = exp(x);
          return y / b.sum(y, {1}, true);
        }) == "map[exp] reduce_rows map[div]");
  // Other elements of the first one's result: no single pass.
  CHECK(steps_of({6, 6}, [](Builder& b, Val x) {
          const Val y = exp(x);
          return y + b.transpose(y, {1, 0});
        }) == "map[exp] map[add]");
}

TEST_CASE("without fusion every operation is a kernel") {
  PlanOptions options;
  options.fuse = false;
  CHECK(steps_of({kBatch, 80}, [](Builder& b, Val x) { return relu(dense(b, x, 32) + bias(b, 32)); }, options) == "dense map[add] map[max]");
}

TEST_CASE("convolutions are chosen by cost") {
  CHECK(steps_of({kBatch, 28, 28, 1}, [](Builder& b, Val x) { return relu(conv2d(x, 32, 3, 1) + bias(b, 32)); }) == "conv2d+[max]");
  CHECK(steps_of({kBatch, 56, 56, 64}, [](Builder& b, Val x) { return relu(conv2d(x, 64, 3, 1) + bias(b, 64)); }) == "winograd+[max]");
  CHECK(steps_of({kBatch, 56, 56, 64}, [](Builder&, Val x) { return conv2d(x, 64, 1, 0); }) == "conv2d");
  CHECK(steps_of({kBatch, 56, 56, 64}, [](Builder&, Val x) { return conv2d(x, 64, 5, 2); }) == "conv2d");
}

TEST_CASE("max pooling runs with the convolution where that is cheaper") {
  const auto network = [](Builder& b, Val x) { return max_pool(relu(conv2d(x, 32, 3, 0) + bias(b, 32)), 2, 2); };
  CHECK(steps_of({kBatch, 28, 28, 1}, network) == "conv2d_max_pool+[max]");
  CHECK(steps_of({kBatch, 28, 28, 1}, [](Builder&, Val x) { return max_pool(conv2d(x, 32, 3, 0), 2, 2); }) == "conv2d_max_pool");
  CHECK(steps_of({kBatch, 28, 28, 1}, [](Builder&, Val x) { return max_pool(conv2d(x, 32, 3, 0), 3, 2); }) == "conv2d pooling");  // windows overlap
  CHECK(steps_of({kBatch, 28, 28, 1}, [](Builder& b, Val x) {
          const Val y = conv2d(x, 32, 3, 0);
          return b.concatenate({max_pool(y, 2, 2), b.slice(b.slice(y, 1, 0, 13), 2, 0, 13)}, 3);
        }).find("conv2d pooling") == 0);  // read by others too
}

}  // namespace
}  // namespace keratin::ir
