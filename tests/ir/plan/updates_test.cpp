// Variables that a function on weights changes: written in place where the old value is not needed any more.
#include <catch2/catch.hpp>

#include "plan_of.h"

namespace keratin::ir {
namespace {

/// The kernels of the function `step`; `*` behind those that write a variable. `scratch`: buffers in the workspace.
struct Planned {
  std::string steps;
  size_t scratch = 0;
};

Planned planned(const std::function<void(Builder&)>& build) {
  Case c = make_case([&](Builder& b) { b.output(b.parameter({DType::float32, {kBatch, 4}}, "x"), "y"); }, "predict");
  c.program.functions.push_back({});
  const FunctionId id{static_cast<uint32_t>(c.program.functions.size() - 1)};
  c.program.function(id).name = "step";
  Builder b(c.program, id);
  build(b);
  verify(c.program);
  const Result<Plan> plan = make_plan(c.program, {}, {id});
  REQUIRE(plan);
  const PlannedFunction& f = plan->functions[1];
  Planned result;
  for (const Step& step : f.steps) {
    const bool writes = f.buffers[step.output.buffer.index].role == BufferRole::weight;
    result.steps += (result.steps.empty() ? "" : " ") + step.kernel + (writes ? "*" : "");
  }
  for (const Buffer& buffer : f.buffers) result.scratch += buffer.role == BufferRole::scratch && buffer.first >= 0;
  return result;
}

VariableId variable(Builder& b, const std::string& name, Shape shape = {4, 4}) { return add_variable(b.program(), name, {DType::float32, std::move(shape)}, b.program().variables.size() + 1); }

TEST_CASE("a new value is written over the old one, element by element") {
  const Planned step = planned([](Builder& b) {
    const VariableId w = variable(b, "w"), m = variable(b, "m");
    const Val gradient = b.parameter({DType::float32, {4, 4}}, "gradient");
    const Val momentum = b.read(m) * 0.9 + gradient;
    b.update(m, momentum);
    b.update(w, b.read(w) - momentum * 0.1);
  });
  CHECK(step.steps == "map_all*");
  CHECK(step.scratch == 0);
}

TEST_CASE("a variable that another update still reads waits") {
  const Planned step = planned([](Builder& b) {
    const VariableId v = variable(b, "v"), w = variable(b, "w");
    const Val old_v = b.read(v), old_w = b.read(w);
    b.update(v, old_v + old_w);
    b.update(w, old_w * old_v);
  });
  CHECK(step.steps == "map_all*");  // every element of both is read before either is written
  CHECK(step.scratch == 0);
}

TEST_CASE("a variable whose new value something else reads is written at once, unless its old one is read later") {
  const auto clipped = [](bool old_is_read) {
    return planned([=](Builder& b) {
      const VariableId m = variable(b, "m"), w = variable(b, "w");
      const Val momentum = b.read(m) * 0.9 + b.parameter({DType::float32, {4, 4}}, "gradient");
      const Val norm = b.broadcast(b.sum(momentum, {}), {4, 4});
      b.update(m, momentum);
      b.update(w, (old_is_read ? b.read(m) : momentum) / norm);
    });
  };
  CHECK(clipped(false).steps == "map* reduce_rows map*");
  CHECK(clipped(true).steps == "map reduce_rows map_all*");  // m's copy goes with w, which reads the old one
}

TEST_CASE("two variables change places") {
  const Planned step = planned([](Builder& b) {
    const VariableId v = variable(b, "v"), w = variable(b, "w");
    const Val old_v = b.read(v), old_w = b.read(w);
    b.update(v, old_w);
    b.update(w, old_v);
  });
  CHECK(step.steps == "map map_all*");
  CHECK(step.scratch == 1);
}

TEST_CASE("a value that reads other elements of the variable is not written over it") {
  const Planned step = planned([](Builder& b) {
    const VariableId w = variable(b, "w");
    const Val old = b.read(w);
    b.update(w, old + b.transpose(old, {1, 0}));
  });
  CHECK(step.steps == "map map*");
  CHECK(step.scratch == 1);
}

}  // namespace
}  // namespace keratin::ir
