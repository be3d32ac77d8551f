// split_prepare and fold_scale_into_weights.
#include <catch2/catch.hpp>

#include "gradient_check.h"
#include "ir/passes/fold_scale_into_weights.h"
#include "ir/passes/split_prepare.h"

namespace keratin::ir {
namespace {

Type f32(Shape shape) { return {DType::float32, std::move(shape)}; }
std::string text(const Program& program, FunctionId function) { return print(program, program.function(function)); }

TEST_CASE("split_prepare moves what depends on weights alone") {
  Case c = make_case(
      [](Builder& b) {
        const VariableId kernel = add_variable(b.program(), "dense/kernel", f32({4, 3}), 1),
            bias = add_variable(b.program(), "dense/bias", f32({4}), 2);
        const VariableId state = add_variable(b.program(), "state", f32({1, 4}), 3, Role::recurrent_state);
        const Val x = b.parameter(f32({kBatch, 3}), "x");
        const Val twice = b.read(kernel) * 2.0;
        Val y = b.dense(x, b.transpose(twice, {1, 0}));
        y = y + b.reshape(b.read(bias), {1, 4});
        y = y + exp(b.read(state));
        b.output(y + b.reshape(exp(b.read(bias)), {1, 4}), "y");
      },
      "predict");
  check_same_results(c.program, c.function, 2, [&] {
    split_prepare(c.program, c.function);
    REQUIRE(evaluate_prepare(c.program).ok());
  });
  CHECK(text(c.program, c.function) ==
        "function predict(%0 x: float32[n,3]) {\n"
        "  %1: float32[3,4] = read v3 dense/kernel_prepared\n"
        "  %2: float32[n,4] = dot contract=(1|0)(%0, %1)\n"
        "  %3: float32[4] = read v1 dense/bias\n"
        "  %4: float32[1,4] = reshape to=[1,4](%3)\n"
        "  %5: float32[n,4] = broadcast to=[n,4](%4)\n"
        "  %6: float32[n,4] = binary add(%2, %5)\n"
        "  %7: float32[1,4] = read v2 state\n"
        "  %8: float32[1,4] = unary exp(%7)\n"
        "  %9: float32[n,4] = broadcast to=[n,4](%8)\n"
        "  %10: float32[n,4] = binary add(%6, %9)\n"
        "  %11: float32[4] = read v4 dense/bias_prepared\n"
        "  %12: float32[1,4] = reshape to=[1,4](%11)\n"
        "  %13: float32[n,4] = broadcast to=[n,4](%12)\n"
        "  %14: float32[n,4] = binary add(%10, %13)\n"
        "  return y = %14\n"
        "}\n");
  CHECK(text(c.program, c.program.find("prepare")) ==
        "function prepare() {\n"
        "  %0: float32[4,3] = read v0 dense/kernel\n"
        "  %1: float32[] = constant c0 {2}\n"
        "  %2: float32[4,3] = broadcast to=[4,3](%1)\n"
        "  %3: float32[4,3] = binary mul(%0, %2)\n"
        "  %4: float32[3,4] = transpose order=(1,0)(%3)\n"
        "  %5: float32[4] = read v1 dense/bias\n"
        "  %6: float32[4] = unary exp(%5)\n"
        "  update v3 dense/kernel_prepared <- %4\n"
        "  update v4 dense/bias_prepared <- %6\n"
        "}\n");
  CHECK(c.program.variable(VariableId{3}).role == Role::prepared);
}

TEST_CASE("split_prepare leaves what the function updates, and a function without weights") {
  Case c = make_case([](Builder& b) {
    const VariableId count = add_variable(b.program(), "count", f32({2}), 1);
    const Val next = b.read(count) * 2.0;
    b.update(count, next);
    b.output(next + b.parameter(f32({2}), "x"), "y");
  });
  const std::string before = text(c.program, c.function);
  CHECK_FALSE(split_prepare(c.program, c.function).valid());
  CHECK(text(c.program, c.function) == before);
  CHECK(evaluate_prepare(c.program).ok());
}

TEST_CASE("evaluate_prepare wants weights") {
  Case c = make_case([](Builder& b) {
    const VariableId w = add_variable(b.program(), "w", f32({2}), 1);
    b.output(exp(b.read(w)) + b.parameter(f32({2}), "x"), "y");
  });
  split_prepare(c.program, c.function);
  c.program.variable(VariableId{0}).initial = nullptr;
  const Result<Done> result = evaluate_prepare(c.program);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error() == "w has no value");
}

/// (y - mean) / sqrt(variance + epsilon) * gamma + beta along an axis, as batch normalization expands.
Val normalize(Builder& b, Val y, int axis) {
  const Dim channels = y.dim(axis);
  Shape shape(std::vector<Dim>(static_cast<size_t>(y.rank()), Dim(1)));
  shape[axis] = channels;
  uint64_t seed = 10;
  const auto vector = [&](const char* name) { return b.reshape(b.read(add_variable(b.program(), name, f32({channels}), ++seed)), shape); };
  const Val mean = vector("mean"), scale = rsqrt(exp(vector("variance")) + 0.001);
  return (y - mean) * scale * vector("gamma") + vector("beta");
}

/// Number of per-example operations other than additions that are left.
int64_t scalings(const Case& c) {
  const std::vector<Node>& nodes = c.program.function(c.function).nodes;
  return std::count_if(nodes.begin(), nodes.end(), [&](const Node& n) {
    const auto* binary = n.op.as<Binary>();
    return binary && binary->kind != Binary::Kind::add && !c.program.function(c.function).type(n.outputs[0]).shape.is_static();
  });
}

TEST_CASE("a normalization after a convolution goes into its kernel") {
  const ConvGeometry same{{1, 1}, {1, 1}, {1, 1}, {1, 1}, 1}, depthwise{{1, 1}, {1, 1}, {1, 1}, {1, 1}, 2};
  struct Variant {
    const char* name;
    std::function<Val(Builder&, Val)> build;
  };
  const auto weight = [](Builder& b, Shape shape) { return b.read(add_variable(b.program(), "kernel", f32(std::move(shape)), 3)); };
  const std::vector<Variant> variants = {
      {"conv", [&](Builder& b, Val x) { return normalize(b, b.conv(x, weight(b, {3, 3, 2, 4}), same), 3); }},
      {"depthwise", [&](Builder& b, Val x) { return normalize(b, b.conv(x, weight(b, {3, 3, 1, 4}), depthwise), 3); }},
      {"transposed", [&](Builder& b, Val x) {
         return normalize(b, b.conv_input_grad(x, weight(b, {3, 3, 5, 2}), same, {kBatch, 4, 4, 5}), 3);
       }},
      {"dense", [&](Builder& b, Val x) { return normalize(b, b.dense(x, weight(b, {2, 3})), 3); }},
      {"transposed dense", [&](Builder& b, Val x) { return normalize(b, b.dot(x, weight(b, {3, 2}), {{}, {}, {3}, {1}}), 3); }},
      {"channels first", [&](Builder& b, Val x) {
         return normalize(b, b.transpose(b.conv(x, weight(b, {3, 3, 2, 4}), same), {0, 3, 1, 2}), 1);
       }},
      {"scaled", [&](Builder& b, Val x) { return b.conv(x, weight(b, {3, 3, 2, 4}), same) * 0.25; }},
      {"reversed", [&](Builder& b, Val x) {
         Val y = b.conv(x, weight(b, {3, 3, 2, 4}), same);
         y = (1.0 - (y + b.read(add_variable(b.program(), "bias", f32({4}), 4)))) / 3.0;
         return y;
       }},
  };
  for (const Variant& variant : variants) {
    INFO(variant.name);
    Case c = make_case([&](Builder& b) {
      const Val x = b.parameter(f32({kBatch, 4, 4, 2}), "x");
      b.output(maximum(variant.build(b, x), 0.0), "y");
    });
    check_same_results(c.program, c.function, 2, [&] { fold_scale_into_weights(c.program, c.function); }, 1e-12);
    CHECK(scalings(c) == 1);  // the maximum
    check_same_results(c.program, c.function, 2, [&] {
      split_prepare(c.program, c.function);
      REQUIRE(evaluate_prepare(c.program).ok());
    });
    const Function& function = c.program.function(c.function);
    for (const Node& node : function.nodes)
      CHECK((node.op.as<Read>() || node.op.as<Constant>() || node.op.as<Broadcast>() || !function.type(node.outputs[0]).shape.is_static()));
  }
}

TEST_CASE("the folded convolution as text") {
  Case c = make_case([](Builder& b) {
    const Val x = b.parameter(f32({kBatch, 2}), "x"), kernel = b.read(add_variable(b.program(), "kernel", f32({2, 3}), 1));
    const Val gain = b.read(add_variable(b.program(), "gain", f32({3}), 2)), bias = b.read(add_variable(b.program(), "bias", f32({3}), 3));
    b.output((b.dense(x, kernel) + bias) * gain, "y");
  });
  fold_scale_into_weights(c.program, c.function);
  CHECK(text(c.program, c.function) ==
        "function f(%0 x: float32[n,2]) {\n"
        "  %1: float32[2,3] = read v0 kernel\n"
        "  %2: float32[3] = read v1 gain\n"
        "  %3: float32[3] = read v2 bias\n"
        "  %4: float32[3] = binary mul(%3, %2)\n"
        "  %5: float32[1,3] = reshape to=[1,3](%2)\n"
        "  %6: float32[2,3] = broadcast to=[2,3](%5)\n"
        "  %7: float32[2,3] = binary mul(%1, %6)\n"
        "  %8: float32[n,3] = dot contract=(1|0)(%0, %7)\n"
        "  %9: float32[n,3] = broadcast to=[n,3](%4)\n"
        "  %10: float32[n,3] = binary add(%8, %9)\n"
        "  return y = %10\n"
        "}\n");
}

TEST_CASE("what is not folded") {
  const auto unchanged = [](const std::function<void(Builder&)>& fill) {
    Case c = make_case(fill);
    const std::string before = text(c.program, c.function);
    fold_scale_into_weights(c.program, c.function);
    CHECK(text(c.program, c.function) == before);
  };
  const auto read = [](Builder& b, const char* name, Shape shape) {
    return b.read(add_variable(b.program(), name, f32(std::move(shape)), 1));
  };
  unchanged([&](Builder& b) {  // a bias alone
    const Val x = b.parameter(f32({kBatch, 2}), "x");
    b.output(b.dense(x, read(b, "k", {2, 3})) + read(b, "b", {3}), "y");
  });
  unchanged([&](Builder& b) {  // two readers
    const Val x = b.parameter(f32({kBatch, 2}), "x"), y = b.dense(x, read(b, "k", {2, 3}));
    b.output(y * read(b, "g", {3}), "scaled");
    b.output(y, "y");
  });
  unchanged([&](Builder& b) {  // a factor per example
    const Val x = b.parameter(f32({kBatch, 2}), "x");
    const Val y = b.dense(x, read(b, "k", {2, 3}));
    b.output(y * b.broadcast(b.slice(x, 1, 0, 1), y.shape()), "y");
  });
  unchanged([&](Builder& b) {  // a factor along another axis
    const Val x = b.parameter(f32({kBatch, 4, 2}), "x");
    b.output(b.dense(x, read(b, "k", {2, 3})) * read(b, "g", {4, 1}), "y");
  });
  unchanged([&](Builder& b) {  // before the convolution
    const Val x = b.parameter(f32({kBatch, 4, 2}), "x");
    b.output(b.conv(x * read(b, "g", {2}), read(b, "k", {3, 2, 3}), {{1}, {1}, {1}, {1}, 1}), "y");
  });
  unchanged([&](Builder& b) {  // half precision rounds in between
    const Val x = b.parameter({DType::float16, {kBatch, 2}}, "x");
    b.output(b.dense(x, b.cast(read(b, "k", {2, 3}), DType::float16)) * b.cast(read(b, "g", {3}), DType::float16), "y");
  });
}

}  // namespace
}  // namespace keratin::ir
