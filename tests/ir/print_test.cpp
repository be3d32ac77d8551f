#include <catch2/catch.hpp>

#include "ir/builder.h"
#include "tests/ir/samples.h"

namespace keratin::ir::test {

TEST_CASE("a program as text") {
  Program program;
  program.origins = {{"net/dense", "dense: Dense(4)", false}, {"net/dense", "dense: Dense(4)", true}};
  Variable kernel;
  kernel.name = "net/dense/kernel";
  kernel.type = float32({8, 4});
  kernel.trainable = true;
  Variable seen;
  seen.name = "seen";
  seen.type = float32({});
  seen.role = Role::counter;
  program.variables = {kernel, seen};
  program.functions.push_back({});
  program.functions[0].name = "predict";
  Builder b(program, FunctionId{0});
  const Val x = b.parameter(float32({kBatch, 8}), "x");
  b.set_origin(OriginId{0});
  const Val y = exp(b.transpose(b.dense(x, b.read(VariableId{0})), {1, 0}));
  b.name(y, "scores");
  b.set_origin(OriginId{1});
  const Vals sorted = b.sort(y * 0.5, true);
  b.set_origin({});
  b.update(VariableId{1}, b.size(kBatch, DType::float32));
  b.output(sorted[0], "y");
  CHECK(print(program) ==
        R"(v0 net/dense/kernel: float32[8,4] weight trainable
v1 seen: float32[] counter

function predict(%0 x: float32[n,8]) {
  %1: float32[8,4] = read v0 net/dense/kernel  ; net/dense
  %2: float32[n,4] = dot contract=(1|0)(%0, %1)  ; net/dense
  %3: float32[4,n] = transpose order=(1,0)(%2)  ; net/dense
  %4 scores: float32[4,n] = unary exp(%3)  ; net/dense
  %5: float32[] = constant c0 {0.5}  ; net/dense backward
  %6: float32[4,n] = broadcast to=[4,n](%5)  ; net/dense backward
  %7: float32[4,n] = binary mul(%4, %6)  ; net/dense backward
  %8: float32[4,n], %9: int32[4,n] = sort descending(%7)  ; net/dense backward
  %10: float32[] = size n
  update v1 seen <- %10
  return y = %8
}
)");
  CHECK(print(program, program.functions[0]).substr(0, 17) == "function predict(");
}

TEST_CASE("the attributes of each op as text") {
  CHECK(print(Unary::Attrs{Unary::Kind::stop_gradient}) == "stop_gradient");
  CHECK(print(Binary::Attrs{Binary::Kind::shift_right}) == "shift_right");
  CHECK(print(Compare::Attrs{Compare::Kind::ge}) == "greater_equal");
  CHECK(print(Cast::Attrs{DType::bfloat16}) == "to=bfloat16");
  CHECK(print(Reduce::Attrs{Reduce::Kind::all, {0, 2}}) == "all axes=(0,2)");
  CHECK(print(ArgReduce::Attrs{false, 1, DType::int32}) == "min axis=1");
  CHECK(print(Reshape::Attrs{{kBatch, 4}}) == "to=[n,4]");
  CHECK(print(Slice::Attrs{{0, 1}, {kBatch, 5}, {1, 2}}) == "[0:n,1:5:2]");
  CHECK(print(Pad::Attrs{{0, 1}, {kBatch, 1}, {0, 0}}) == "low=[0,1] high=[n,1]");
  CHECK(print(Pad::Attrs{{0}, {1}, {2}}) == "low=[0] high=[1] interior=[2]");
  CHECK(print(Concatenate::Attrs{1}) == "axis=1");
  CHECK(print(Reverse::Attrs{{0, 1}}) == "axes=(0,1)");
  CHECK(print(Gather::Attrs{2, 1, true}) == "axis=2 batch_dims=1 checked");
  CHECK(print(Gather::Attrs{0, 0, false}) == "axis=0");
  CHECK(print(ScatterAdd::Attrs{2, 1, 5}) == "axis=2 extent=5 batch_dims=1");
  CHECK(print(Sort::Attrs{false, 3}) == "ascending count=3");
  CHECK(print(Cumulative::Attrs{Cumulative::Kind::prod, 1, true, true}) == "prod axis=1 reverse exclusive");
  CHECK(print(Iota::Attrs{int32({2}), 0}) == "axis=0");
  CHECK(print(Size::Attrs{kBatch * 2, DType::float32}) == "2n");
}

TEST_CASE("roles have names") {
  CHECK(name_of(Role::weight) == "weight");
  CHECK(name_of(Role::moving_statistic) == "moving_statistic");
  CHECK(name_of(Role::recurrent_state) == "recurrent_state");
  CHECK(name_of(Role::prepared) == "prepared");
  CHECK(name_of(Role::slot) == "slot");
  CHECK(name_of(Role::counter) == "counter");
  CHECK(name_of(Role::metric) == "metric");
  CHECK(name_of(Role::hyperparameter) == "hyperparameter");
}

TEST_CASE("functions are found by name") {
  Program program;
  program.functions.resize(2);
  program.functions[1].name = "predict";
  CHECK(program.find("predict") == FunctionId{1});
  CHECK_FALSE(program.find("train_step").valid());
}

}  // namespace keratin::ir::test
