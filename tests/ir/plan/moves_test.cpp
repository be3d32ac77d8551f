// Kernels for the size of a batch, sorting, and grouped convolutions over three axes.
#include <catch2/catch.hpp>

#include "plan_of.h"

namespace keratin::ir {
namespace {

TEST_CASE("the size of a batch is a value of the call") {
  CHECK(steps_of({kBatch, 4}, [](Builder& b, Val x) { return x / b.broadcast(b.size(kBatch, DType::float32), x.shape()); }) == "store_size map[div]");
}

TEST_CASE("sorting in either order has a kernel") {
  CHECK(steps_of({kBatch, 4}, [](Builder& b, Val x) { return b.sort(x, true)[0]; }) == "top_k");
  CHECK(steps_of({kBatch, 4}, [](Builder& b, Val x) { return b.sort(x, false)[0]; }) == "bottom_k");
}

TEST_CASE("a convolution over three axes takes groups") {
  const auto conv = [](int64_t groups) {
    return [groups](Builder& b, Val x) { return b.conv(x, weight(b, {2, 2, 2, Dim(4 / groups), 6}), {{1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {0, 0, 0}, groups}); };
  };
  CHECK(steps_of({kBatch, 4, 4, 4, 4}, conv(1)) == "conv3d");
  CHECK(steps_of({kBatch, 4, 4, 4, 4}, conv(2)) == "conv2d_grouped");
}

}  // namespace
}  // namespace keratin::ir
