#include <catch2/catch.hpp>
#include <cstring>

#include "ir/builder.h"
#include "ir/support/check.h"
#include "tests/ir/samples.h"

namespace keratin::ir::test {

namespace {

/// y = exp(x) with a variable that is updated and a constant.
Program sound() {
  Program program;
  Variable variable;
  variable.name = "v";
  variable.type = float32({2});
  variable.initial = std::make_shared<const Tensor>(spread({2}));
  program.variables.push_back(variable);
  program.origins.push_back({});
  program.functions.push_back({});
  Builder b(program, FunctionId{0});
  b.set_origin(OriginId{0});
  const Val x = b.parameter(float32({2}), "x");
  const Val e = exp(x), read = b.read(VariableId{0}), constant = b.constant(spread({2}));
  const Val y = e + read + constant;
  b.update(VariableId{0}, y);
  b.output(y, "y");
  return program;
}

std::string reason(const Program& program) {
  try {
    verify(program);
  } catch (const InternalError& error) {
    return error.message;
  }
  return "none";
}

/// The reason after `damage` was done to a sound program's function.
template <class F>
std::string after(F&& damage) {
  Program program = sound();
  damage(program, program.functions[0]);
  return reason(program);
}

}  // namespace

TEST_CASE("a sound program verifies") { CHECK(reason(sound()) == "none"); }

TEST_CASE("the verifier names what is broken") {
  CHECK(after([](Program&, Function& f) { f.outputs[0] = ValueId{99}; }) == "a value that does not exist");
  CHECK(after([](Program&, Function& f) { std::swap(f.nodes.front(), f.nodes.back()); }) == "a value is used before it is defined");
  CHECK(after([](Program&, Function& f) { f.nodes.push_back(f.nodes[0]); }) == "a value is defined twice");
  CHECK(after([](Program&, Function& f) { f.values[1].type = float32({3}); }) == "a value of another type than its op infers");
  CHECK(after([](Program&, Function& f) { f.nodes[0].inputs.clear(); }) == "an op that does not fit its operands");
  CHECK(after([](Program&, Function& f) { f.nodes[0].outputs.clear(); }) == "an op with another number of outputs");
  CHECK(after([](Program&, Function& f) { f.nodes[0].origin = OriginId{7}; }) == "an origin that does not exist");
  CHECK(after([](Program&, Function& f) { f.output_names.clear(); }) == "an output without a name");
  CHECK(after([](Program&, Function& f) { f.parameter_names.clear(); }) == "a parameter without a name");
  CHECK(after([](Program& p, Function&) { p.variables.clear(); }) == "a read of no variable");
  CHECK(after([](Program&, Function& f) { f.updates[0].variable = VariableId{3}; }) == "an update of no variable");
  CHECK(after([](Program& p, Function& f) {
          p.variables.push_back(p.variables[0]);
          p.variables[1].type = float32({3});
          f.updates[0].variable = VariableId{1};
        }) == "an update of another type than its variable");
  CHECK(after([](Program& p, Function&) { p.variables[0].type = float32({3}); }) == "a read of another type than its variable");
  CHECK(after([](Program& p, Function&) { p.variables[0].initial = std::make_shared<const Tensor>(spread({3})); }) ==
        "a variable whose value is of another type");
  CHECK(after([](Program& p, Function&) { p.constants.clear(); }) == "a constant that does not exist");
  CHECK(after([](Program& p, Function&) { p.constants[0] = std::make_shared<const Tensor>(spread({3})); }) ==
        "a constant of another type than its tensor");
}

namespace {

/// A program of `square` called as a composite and `step` as a scan, both sound.
Program with_regions() {
  Program program;
  program.functions.resize(3);
  Builder square(program, FunctionId{0});
  const Val x = square.parameter(float32({kBatch, 2}), "x");
  square.output(x * x, "y");
  Builder step(program, FunctionId{1});
  const Val sum = step.parameter(float32({kBatch}), "sum"), element = step.parameter(float32({kBatch}), "x");
  step.output(sum + element, "sum");
  step.output(sum * element, "product");
  Builder b(program, FunctionId{2});
  const Val input = b.parameter(float32({kBatch, 2}), "x");
  const Vals squares = b.composite("square", {}, FunctionId{0}, {input});
  const Vals results = b.scan(FunctionId{1}, {b.zeros(float32({kBatch}))}, squares, {}, 1, 2, false);
  b.output(results[0], "y");
  return program;
}

template <class F>
std::string after_regions(F&& damage) {
  Program program = with_regions();
  damage(program);
  return reason(program);
}

/// The node of the main function whose op is an O.
template <class O>
typename O::Attrs& attributes(Program& program) {
  for (Node& node : program.functions[2].nodes)
    if (auto* attrs = std::get_if<typename O::Attrs>(&node.op.attrs)) return *attrs;
  check_failed("such a node", __FILE__, __LINE__);
}

}  // namespace

TEST_CASE("the verifier looks at bodies") {
  CHECK(reason(with_regions()) == "none");
  CHECK(after_regions([](Program& p) { attributes<Composite>(p).body = FunctionId{9}; }) == "a body that does not exist");
  CHECK(after_regions([](Program& p) { attributes<Composite>(p).body = FunctionId{2}; }) == "a body that does not exist");
  CHECK(after_regions([](Program& p) { attributes<Composite>(p).types.clear(); }) ==
        "a body with another number of parameters or outputs than its node");
  CHECK(after_regions([](Program& p) { attributes<Composite>(p).body = FunctionId{1}; }) ==
        "a body with another number of parameters or outputs than its node");
  CHECK(after_regions([](Program& p) { attributes<Composite>(p).types[0] = float32({3}); }) == "a body of another type than its node");
  CHECK(after_regions([](Program& p) { attributes<Scan>(p).carries = 5; }) == "a scan without its operands");
  CHECK(after_regions([](Program& p) { attributes<Scan>(p).axis = 2; }) == "a scan over an axis that a sequence does not have");
  CHECK(after_regions([](Program& p) { attributes<Scan>(p).step_types.clear(); }) ==
        "a body with another number of parameters or outputs than its node");
  CHECK(after_regions([](Program& p) { attributes<Scan>(p).axis = 0; }) == "a body of another type than its node");
  CHECK(after_regions([](Program& p) {
          p.variables.resize(1);
          p.variables[0].type = float32({kBatch, 2});
          p.functions[0].updates.push_back({VariableId{0}, p.functions[0].outputs[0]});
        }) == "a body that updates variables");
}

}  // namespace keratin::ir::test
