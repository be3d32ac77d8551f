#include "ir/eval.h"

#include <catch2/catch.hpp>

#include "ir/builder.h"
#include "ir/gradient.h"
#include "tests/ir/samples.h"

namespace keratin::ir::test {

namespace {

FunctionId add_function(Program& program, std::string name) {
  program.functions.push_back({});
  program.functions.back().name = std::move(name);
  return {static_cast<uint32_t>(program.functions.size() - 1)};
}

VariableId add_variable(Program& program, std::string name, Type type) {
  Variable variable;
  variable.name = std::move(name);
  variable.type = std::move(type);
  program.variables.push_back(variable);
  return {static_cast<uint32_t>(program.variables.size() - 1)};
}

Tensor only(const Result<Tensors>& results) {
  INFO((results.ok() ? "" : results.error()));
  REQUIRE(results.ok());
  REQUIRE(results->size() == 1);
  return (*results)[0];
}

}  // namespace

TEST_CASE("a value that several nodes read, or one node twice, lives until the last") {
  Program program;
  const FunctionId id = add_function(program, "predict");
  Builder b(program, id);
  const Val x = b.parameter(float32({kBatch}), "x");
  const Val squared = x * x;
  b.output(squared * x + squared, "y");
  CHECK(only(Evaluator(program, 2).run(id, {floats({2}, {2, 3})})) == floats({2}, {12, 36}));
}

TEST_CASE("a parameter may be an output, also twice") {
  Program program;
  const FunctionId id = add_function(program, "predict");
  Builder b(program, id);
  const Val x = b.parameter(float32({1}), "x");
  b.output(x, "y");
  b.output(x, "z");
  const Result<Tensors> results = Evaluator(program, 1).run(id, {floats({1}, {2})});
  REQUIRE(results.ok());
  CHECK(*results == Tensors{floats({1}, {2}), floats({1}, {2})});
}

TEST_CASE("updates are applied after the nodes and last until the next run") {
  Program program;
  const VariableId counter = add_variable(program, "counter", float32({}));
  program.variables[0].initial = std::make_shared<const Tensor>(floats({}, {10}));
  const FunctionId id = add_function(program, "train_step");
  Builder b(program, id);
  const Val before = b.read(counter);
  b.update(counter, before + 1);
  b.output(b.read(counter), "counter");
  Evaluator evaluator(program, 1);
  CHECK(only(evaluator.run(id, {})) == floats({}, {10}));
  CHECK(only(evaluator.run(id, {})) == floats({}, {11}));
  CHECK(evaluator.variable(counter) == floats({}, {12}));
  evaluator.set_variable(counter, floats({}, {1}));
  CHECK(only(evaluator.run(id, {})) == floats({}, {1}));
  CHECK(*program.variables[0].initial == floats({}, {10}));
}

TEST_CASE("results are rounded to their dtype, except in double") {
  Program program;
  const FunctionId id = add_function(program, "predict");
  Builder b(program, id);
  const Val x = b.parameter(float32({}), "x");
  b.output(x / 3, "y");
  CHECK(only(Evaluator(program, 1).run(id, {floats({}, {1})})).floats[0] == static_cast<double>(1.0f / 3.0f));
  CHECK(only(Evaluator(program, 1, true).run(id, {floats({}, {1})})).floats[0] == 1.0 / 3.0);
}

TEST_CASE("what does not fit is an error of the caller") {
  Program program;
  const FunctionId id = add_function(program, "predict");
  Builder b(program, id);
  b.output(b.parameter(float32({kBatch, 3}), "image"), "y");
  Evaluator evaluator(program, 2);
  CHECK(evaluator.run(id, {}).error() == "predict takes 1 parameters, not 0");
  CHECK(evaluator.run(id, {spread({3, 3})}).error() == "parameter image is float32[3,3], predict takes float32[n,3] with n = 2");
  CHECK(evaluator.run(id, {spread({2, 3}, 0, 1, 0, DType::float64)}).error() ==
        "parameter image is float64[2,3], predict takes float32[n,3] with n = 2");
}

TEST_CASE("data at fault are named with the layer") {
  Program program;
  program.origins.push_back({"encoder/embedding_1", "embedding_1: Embedding(3, 2)", false});
  const FunctionId id = add_function(program, "predict");
  Builder b(program, id);
  b.set_origin(OriginId{0});
  const Val table = b.parameter(float32({3, 2}), "table"), ids = b.parameter(int32({kBatch}), "ids");
  b.output(b.gather(table, ids, 0), "y");
  Evaluator evaluator(program, 2);
  CHECK(evaluator.run(id, {spread({3, 2}), integers({2}, {0, 3})}).error() == "encoder/embedding_1: index 3 is outside 0..2");
  CHECK(evaluator.run(id, {spread({3, 2}), integers({2}, {-1, 2})}).error() == "encoder/embedding_1: index -1 is outside 0..2");
  CHECK(evaluator.run(id, {spread({3, 2}), integers({2}, {0, 2})}).ok());
}

TEST_CASE("indices of scatter_add outside its extent are refused") {
  Program program;
  const FunctionId id = add_function(program, "predict");
  Builder b(program, id);
  const Val x = b.parameter(float32({1}), "x"), index = b.parameter(int32({1}), "i");
  b.output(b.scatter_add(x, index, 0, 2), "y");
  CHECK(Evaluator(program, 1).run(id, {spread({1}), integers({1}, {2})}).error() == "index 2 is outside 0..1");
}

TEST_CASE("variables without a value, or of another size than this batch, are refused") {
  Program program;
  const VariableId state = add_variable(program, "lstm/state", float32({kBatch}));
  const FunctionId id = add_function(program, "predict");
  Builder b(program, id);
  b.output(b.read(state), "y");
  Evaluator evaluator(program, 2);
  CHECK(evaluator.run(id, {}).error() == "lstm/state has no value");
  evaluator.set_variable(state, spread({3}));
  CHECK(evaluator.run(id, {}).error() == "lstm/state holds 3 elements, float32[n] is read for 2 examples");
}

TEST_CASE("a type that does not exist for so few examples is refused") {
  Program program;
  const FunctionId id = add_function(program, "predict");
  Builder b(program, id);
  b.output(b.slice(b.parameter(float32({kBatch}), "x"), 0, 1, kBatch), "y");
  CHECK(only(Evaluator(program, 1).run(id, {spread({1})})) == floats({0}, {}));
  CHECK(Evaluator(program, 0).run(id, {floats({0}, {})}).error() == "float32[n-1] does not exist for 0 examples");
}

TEST_CASE("the gradient of a running product along the batch is refused") {
  Program program;
  const FunctionId id = add_function(program, "predict");
  Builder b(program, id);
  const Val x = b.parameter(float32({kBatch}), "x"), y = b.cumulative(Cumulative::Kind::prod, x, 0);
  GradBuilder g(b, {x}, {y}, {y});
  grad(Cumulative::Attrs{Cumulative::Kind::prod, 0}, g);
  CHECK(b.take_errors() == std::vector<std::string>{"a running product along the batch has no gradient"});
}

}  // namespace keratin::ir::test
