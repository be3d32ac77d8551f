#include "ir/passes/differentiate.h"

#include <catch2/catch.hpp>

#include "gradient_check.h"
#include "ir/passes/eliminate_common.h"
#include "ir/passes/eliminate_dead.h"
#include "ir/passes/gradients.h"
#include "ir/passes/simplify.h"
#include "ir/passes/split_prepare.h"

namespace keratin::ir {
namespace {

Type f32(Shape shape) { return {DType::float32, std::move(shape)}; }

TEST_CASE("the backward function as text") {
  Case c = make_case([](Builder& b) {
    b.program().origins.push_back({"dense", "dense: Dense(2)", false});
    b.set_origin(OriginId{0});
    const VariableId w = add_variable(b.program(), "dense/kernel", f32({3, 2}), 1), idle = add_variable(b.program(), "idle", f32({2}), 2);
    const Val x = b.parameter(f32({kBatch, 3}), "x");
    b.output(tanh(b.dense(x, b.read(w))), "y");
    b.output(x, "same");
    (void)idle;
  });
  GradientRequest request;
  request.outputs = {0};
  request.variables = {VariableId{0}, VariableId{1}};
  const FunctionId backward = differentiate(c.program, c.function, request);
  verify(c.program);
  eliminate_common(c.program, backward);
  CHECK(print(c.program, c.program.function(backward)) ==
        "function backward(%0 x: float32[n,3], %1 d_y: float32[n,2]) {\n"
        "  %2: float32[3,2] = read v0 dense/kernel  ; dense\n"
        "  %3: float32[n,2] = dot contract=(1|0)(%0, %2)  ; dense\n"
        "  %4: float32[n,2] = unary tanh(%3)  ; dense\n"
        "  %5: float32[n,2] = binary mul(%4, %4)  ; dense backward\n"
        "  %6: float32[] = constant c0 {1}  ; dense backward\n"
        "  %7: float32[n,2] = broadcast to=[n,2](%6)  ; dense backward\n"
        "  %8: float32[n,2] = binary sub(%7, %5)  ; dense backward\n"
        "  %9: float32[n,2] = binary mul(%1, %8)  ; dense backward\n"
        "  %10: float32[3,2] = dot contract=(0|0)(%0, %9)  ; dense backward\n"
        "  %11: float32[] = constant c1 {0}\n"
        "  %12: float32[2] = broadcast to=[2](%11)\n"
        "  return y = %4\n"
        "  return same = %0\n"
        "  return d_dense/kernel = %10\n"
        "  return d_idle = %12\n"
        "}\n");
}

TEST_CASE("gradients that nobody asked for are not computed") {
  Case c = make_case([](Builder& b) {
    const VariableId w = add_variable(b.program(), "w", f32({3, 3}), 1), v = add_variable(b.program(), "v", f32({3, 2}), 2);
    const Val x = b.parameter(f32({kBatch, 3}), "x");
    b.output(b.dense(tanh(b.dense(x, b.read(w))), b.read(v)), "y");
  });
  GradientRequest request;
  request.outputs = {0};
  request.variables = {VariableId{1}};
  const FunctionId backward = differentiate(c.program, c.function, request);
  int64_t dots = 0;
  for (const Node& node : c.program.function(backward).nodes) dots += node.op.as<Dot>() != nullptr;
  CHECK(dots == 3);  // two forward, one for v
}

TEST_CASE("values read twice, variables read twice and outputs that are parameters") {
  Case c = make_case([](Builder& b) {
    const VariableId w = add_variable(b.program(), "w", f32({3}), 1);
    const Val x = b.parameter(f32({kBatch, 3}), "x"), y = b.parameter(f32({kBatch, 3}), "unread");
    (void)y;
    const Val s = sigmoid(x * b.read(w));
    b.output(s * s + s / (b.read(w) * b.read(w) + 1.0), "y");
    b.output(x, "x");
    b.output(b.cast(x, DType::int32), "integers");
  });
  check_gradients(c.program, c.function, 2, [](Program& program, FunctionId f) {
    simplify(program, f);
    eliminate_common(program, f);
    eliminate_dead(program, f);
  });
}

TEST_CASE("nothing passes through stop_gradient and integers") {
  Case c = make_case([](Builder& b) {
    const Val x = b.parameter(f32({2}), "x");
    b.output(stop_gradient(x) * x + stop_gradient(exp(x)) + b.cast(b.cast(x, DType::int32), DType::float32), "y");
  });
  GradientRequest request;
  request.outputs = {0};
  request.parameters = {0};
  const FunctionId backward = differentiate(c.program, c.function, request);
  Tensor x(DType::float32, {2}), dy(DType::float32, {2});
  x.floats = {3, 5};
  dy.floats = {1, 2};
  CHECK(evaluate(c.program, backward, 1, {x, dy})[1].floats == std::vector<double>{3, 10});
}

TEST_CASE("gradients within a function, as a training step takes them") {
  Case c = make_case([](Builder& b) {
    const VariableId w = add_variable(b.program(), "w", f32({2}), 1);
    const Val x = b.parameter(f32({kBatch, 2}), "x"), read = b.read(w);
    const Val loss = b.sum(x * read * read, {});
    const Val gradient = gradients(b, {loss}, {b.number(DType::float32, 1)}, {read})[0];
    b.update(w, read - gradient * 0.5);
    b.output(loss, "loss");
  });
  Tensor x(DType::float32, {1, 2});
  x.floats = {1, 2};
  Tensor w(DType::float32, {2});
  w.floats = {3, 5};
  Evaluator evaluator(c.program, 1);
  evaluator.set_variable(VariableId{0}, w);
  const Result<Tensors> results = evaluator.run(c.function, {x});
  REQUIRE(results.ok());
  CHECK((*results)[0].floats == std::vector<double>{59});
  CHECK(evaluator.variable(VariableId{0}).floats == std::vector<double>{0, -5});  // 3 - 0.5 * 2 * 1 * 3, 5 - 0.5 * 2 * 2 * 5
}

}  // namespace
}  // namespace keratin::ir
