#include "ir/passes/simplify.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "gradient_check.h"
#include "ir/passes/eliminate_dead.h"

namespace keratin::ir {
namespace {

Type f32(Shape shape) { return {DType::float32, std::move(shape)}; }

/// The ops that are left between x and the output, from last to first; results stay the same, bit for bit.
std::string left(Type type, const std::function<Val(Builder&, Val)>& build, bool gradients_taken = false) {
  Case c = make_case([&](Builder& b) {
    const Val x = b.parameter(type, "x");
    b.output(build(b, x), "y");
  });
  check_same_results(c.program, c.function, 2, [&] {
    simplify(c.program, c.function, gradients_taken);
    eliminate_dead(c.program, c.function);
  });
  const Function& function = c.program.function(c.function);
  std::string text;
  for (auto node = function.nodes.rbegin(); node != function.nodes.rend(); ++node) {
    const std::string attributes = print(node->op);
    if (!node->op.as<Constant>())
      text += fmt::format("{}{}{}{}", text.empty() ? "" : "; ", node->op.info().name, attributes.empty() ? "" : " ", attributes);
  }
  return text;
}

TEST_CASE("arithmetic with constants is dropped where it is exact") {
  const Type type = f32({kBatch, 3});
  CHECK(left(type, [](Builder&, Val x) { return x * 1.0; }) == "");
  CHECK(left(type, [](Builder&, Val x) { return 1.0 * x; }) == "");
  CHECK(left(type, [](Builder&, Val x) { return x / 1.0; }) == "");
  CHECK(left(type, [](Builder&, Val x) { return x - 0.0; }) == "");
  CHECK(left(type, [](Builder&, Val x) { return x + -0.0; }) == "");
  CHECK(left(type, [](Builder&, Val x) { return x + 0.0; }) == "binary add; broadcast to=[n,3]");  // -0 + 0 is 0
  CHECK(left(type, [](Builder&, Val x) { return x - -0.0; }) == "binary sub; broadcast to=[n,3]");
  CHECK(left(type, [](Builder&, Val x) { return 0.0 - x; }) == "binary sub; broadcast to=[n,3]");
  CHECK(left(type, [](Builder&, Val x) { return x * 0.0; }) == "binary mul; broadcast to=[n,3]");  // NaN and infinity
  CHECK(left(type, [](Builder& b, Val x) { return b.binary(Binary::Kind::pow, x, b.number(DType::float32, 1)); }) == "");
  CHECK(left(type, [](Builder& b, Val x) { return b.binary(Binary::Kind::pow, x, b.number(DType::float32, 2)); }) == "binary mul");
  CHECK(left(type, [](Builder&, Val x) { return -(-x); }) == "");
  CHECK(left(type, [](Builder&, Val x) { return abs(abs(x)); }) == "unary abs");
  CHECK(left(type, [](Builder&, Val x) { return maximum(x, x); }) == "");
  const Type integers{DType::int32, {kBatch, 3}};
  CHECK(left(integers, [](Builder&, Val x) { return x + 0.0; }) == "");
  CHECK(left(integers, [](Builder&, Val x) { return x * 0.0; }) == "broadcast to=[n,3]");
}

TEST_CASE("casts that lose something stay") {
  const auto through = [](DType from, std::vector<DType> casts) {
    return left({from, {kBatch}}, [&](Builder& b, Val x) {
      for (DType to : casts) x = b.add1(Cast::Attrs{to}, {x});
      return x;
    });
  };
  CHECK(through(DType::float32, {DType::float32}) == "");
  CHECK(through(DType::float32, {DType::float16, DType::float32}) == "cast to=float32; cast to=float16");
  CHECK(through(DType::float16, {DType::float32, DType::float16}) == "");
  CHECK(through(DType::float16, {DType::float32, DType::float64}) == "cast to=float64");
  CHECK(through(DType::int32, {DType::float32, DType::float64}) == "cast to=float64; cast to=float32");
  CHECK(through(DType::float32, {DType::float64, DType::float16}) == "cast to=float16");
  CHECK(through(DType::int8, {DType::int32, DType::float64}) == "cast to=float64");
  CHECK(through(DType::boolean, {DType::int32, DType::float32}) == "cast to=float32");
  CHECK(through(DType::float32, {DType::boolean, DType::float32}) == "cast to=float32; cast to=bool");
}

TEST_CASE("arrangements of arrangements") {
  const Type type = f32({kBatch, 4, 6});
  CHECK(left(type, [](Builder& b, Val x) { return b.transpose(b.transpose(x, {0, 2, 1}), {0, 2, 1}); }) == "");
  CHECK(left(type, [](Builder& b, Val x) { return b.transpose(b.transpose(x, {1, 0, 2}), {0, 2, 1}); }) == "transpose order=(1,2,0)");
  CHECK(left(type, [](Builder& b, Val x) { return b.reshape(b.reshape(x, {kBatch, 24}), {kBatch, 4, 6}); }) == "");
  CHECK(left(type, [](Builder& b, Val x) { return b.reshape(b.reshape(x, {kBatch, 24}), {kBatch, 12, 2}); }) == "reshape to=[n,12,2]");
  CHECK(left(f32({6}), [](Builder& b, Val x) { return b.broadcast(b.broadcast(x, {4, 6}), {kBatch, 4, 6}); }) == "broadcast to=[n,4,6]");
  CHECK(left(f32({6}), [](Builder& b, Val x) { return b.broadcast(b.reshape(x, {1, 1, 6}), {kBatch, 4, 6}); }) == "broadcast to=[n,4,6]");
  const auto columns = [](Builder& b, Val x) { return b.broadcast(b.reshape(x, {6, 1}), {6, 4}); };
  CHECK(left(f32({6}), columns) == "broadcast to=[6,4]; reshape to=[6,1]");
  CHECK(left(type, [](Builder& b, Val x) { return b.reverse(b.reverse(x, {1, 2}), {1, 2}); }) == "");
  CHECK(left(f32({kBatch, 1}), [](Builder& b, Val x) { return b.reverse(x, {1}); }) == "");
}

TEST_CASE("slices, pads and concatenations") {
  const Type type = f32({kBatch, 8});
  CHECK(left(type, [](Builder& b, Val x) { return b.add1(Slice::Attrs{{0, 0}, {kBatch, 8}, {1, 1}}, {x}); }) == "");
  CHECK(left(type, [](Builder& b, Val x) { return b.slice(b.slice(x, 1, 1, 8), 1, 2, 6); }) == "slice [0:n,3:7]");
  CHECK(left(type, [](Builder& b, Val x) { return b.slice(b.slice(x, 1, 1, 8, 2), 1, 1, 4, 2); }) == "slice [0:n,3:8:4]");
  CHECK(left(type, [](Builder& b, Val x) { return b.slice(b.concatenate({exp(x), x, tanh(x)}, 1), 1, 8, 16); }) == "");
  CHECK(left(type, [](Builder& b, Val x) { return b.slice(b.concatenate({exp(x), x}, 1), 1, 2, 4); }) == "slice [0:n,2:4]; unary exp");
  CHECK(left(type, [](Builder& b, Val x) { return b.concatenate({b.concatenate({x, x}, 1), x}, 1); }) == "concatenate axis=1");
  CHECK(left(type, [](Builder& b, Val x) { return b.add1(Concatenate::Attrs{1}, {x}); }) == "");
  CHECK(left(type, [](Builder& b, Val x) { return b.add1(Pad::Attrs{{0, 0}, {0, 0}, {0, 0}}, {x, b.number(DType::float32, 7)}); }) == "");
}

TEST_CASE("selections, reductions of one element and stop_gradient") {
  const Type type = f32({kBatch, 1});
  const auto condition = [](Builder& b, double value) { return b.full({DType::boolean, {kBatch, 1}}, value); };
  CHECK(left(type, [&](Builder& b, Val x) { return b.select(condition(b, 1), x, exp(x)); }) == "");
  CHECK(left(type, [&](Builder& b, Val x) { return b.select(condition(b, 0), x, exp(x)); }) == "unary exp");
  CHECK(left(type, [&](Builder& b, Val x) { return b.select(b.compare(Compare::Kind::lt, x, exp(x)), x, x); }) == "");
  CHECK(left(type, [&](Builder& b, Val x) { return b.select(b.unary(Unary::Kind::logical_not, greater(x, 0.0)), -x, x); }) ==
        "select; compare greater; broadcast to=[n,1]; unary neg");
  CHECK(left(type, [](Builder& b, Val x) { return b.max(x, {1}, true); }) == "");
  CHECK(left(type, [](Builder& b, Val x) { return b.sum(x, {1}, true); }) == "reduce sum axes=(1)");
  CHECK(left(type, [](Builder&, Val x) { return stop_gradient(x); }) == "unary stop_gradient");
  CHECK(left(type, [](Builder&, Val x) { return stop_gradient(x); }, true) == "");
}

}  // namespace
}  // namespace keratin::ir
