// Concatenations whose parts are written in place.
#include <catch2/catch.hpp>

#include "plan_of.h"

namespace keratin::ir {
namespace {

TEST_CASE("loops over elements write their part of a concatenation along any axis") {
  for (int axis : {1, 2})
    CHECK(steps_of({kBatch, 4, 6}, [axis](Builder& b, Val x) { return b.concatenate({tanh(x), exp(x)}, axis); }) == "map[tanh] map[exp]");
  CHECK(steps_of({kBatch, 4}, [](Builder& b, Val x) {
          const Val inner = b.concatenate({tanh(x), exp(x)}, 1);
          return b.concatenate({inner, sigmoid(x)}, 1);
        }) == "map[tanh] map[exp] map[sigmoid]");
}

TEST_CASE("parts that are given or read elsewhere are copied") {
  CHECK(steps_of({kBatch, 4}, [](Builder& b, Val x) { return b.concatenate({x, tanh(x)}, 1); }) == "map[tanh] map[]");
  CHECK(steps_of({kBatch, 4}, [](Builder& b, Val x) {
          const Val y = tanh(x);
          return b.concatenate({y, y}, 1);
        }) == "map[tanh] map[] map[]");
  CHECK(steps_of({kBatch, 4}, [](Builder& b, Val x) {
          const Val y = tanh(x);
          return b.concatenate({y, exp(y)}, 1);
        }) == "map[tanh] map[exp] map[]");
}

}  // namespace
}  // namespace keratin::ir
