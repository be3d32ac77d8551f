#include "compiler/training/optimizers/optimizer.h"

#include "tests/compiler/training/units.h"

namespace keratin {

namespace {

ir::VariableId add_weight(ir::Program& program, const std::string& name, const Array& initial) {
  const ir::VariableId id = add_variable(program, name, type_of(initial), ir::Role::weight, 0);
  program.variable(id).trainable = true;
  program.variable(id).initial = std::make_shared<const ir::Tensor>(to_tensor(initial, DType::float32));
  return id;
}

void check_optimizer(const Units& units, const std::string& name) {
  const Result<OptimizerSetup> setup = read_optimizer(units.config(name));
  if (!setup) FAIL(setup.error());
  ir::Program program;
  const ir::FunctionId step = add_function(program, "step");
  ir::Builder b(program, step);
  std::vector<TrainedWeight> weights;
  for (const char* variable : {"a", "b"}) {
    const ir::VariableId id = add_weight(program, variable, units.at(std::string("initial/") + variable));
    weights.push_back({id, b.parameter(program.variable(id).type, variable), {}});
  }
  const ir::VariableId first = weights[0].id, second = weights[1].id;
  std::optional<ir::VariableId> dynamic;
  loss_scale(b, *setup, dynamic);
  const OptimizerState state = apply_optimizer(b, *setup, weights, dynamic);
  ir::Evaluator evaluator(program, 1);
  const Array &da = units.at("gradient/a"), &db = units.at("gradient/b");
  for (int64_t k = 0; k < da.shape[0]; ++k) {
    REQUIRE(evaluator.run(step, {to_tensor(row(da, k), DType::float32), to_tensor(row(db, k), DType::float32)}));
    check_close(evaluator.variable(first), row(units.at(name + "/a"), k));
    check_close(evaluator.variable(second), row(units.at(name + "/b"), k));
  }
  if (!units.find(name + "/final/a")) return;
  REQUIRE(state.averages.size() == 2);
  check_close(evaluator.variable(state.averages[0].second), units.at(name + "/final/a"));
  check_close(evaluator.variable(state.averages[1].second), units.at(name + "/final/b"));
}

}  // namespace

TEST_CASE("optimizers move two weights as recorded over ten steps") {
  const Units units("optimizers.npz");
  REQUIRE(units.names().size() > 40);
  for (const std::string& name : units.names()) {
    INFO(name);
    check_optimizer(units, name);
  }
}

TEST_CASE("learning-rate schedules have the recorded rates") {
  const Units units("schedules.npz");
  REQUIRE(units.names().size() > 10);
  const Array& steps = units.at("step");
  for (const std::string& name : units.names()) {
    INFO(name);
    const Result<Schedule> schedule = read_schedule(units.config(name));
    if (!schedule) FAIL(schedule.error());
    ir::Program program;
    const ir::FunctionId id = add_function(program, "rate");
    ir::Builder b(program, id);
    b.output((*schedule)(b.parameter({DType::float32, {}}, "step")), "rate");
    ir::Evaluator evaluator(program, 1);
    for (int64_t k = 0; k < steps.count(); ++k) {
      const Result<ir::Tensors> rate = evaluator.run(id, {to_tensor(row(steps, k), DType::float32)});
      REQUIRE(rate);
      check_close((*rate)[0], row(units.at(name + "/rate"), k));
    }
  }
}

TEST_CASE("a dynamic loss scale skips infinite gradients and halves") {
  const Result<OptimizerSetup> setup = read_optimizer(*Json::parse(
      R"({"class_name": "LossScaleOptimizer", "config": {"initial_scale": 8, "dynamic_growth_steps": 2,
          "inner_optimizer": {"class_name": "SGD", "config": {"learning_rate": 1}}}})"));
  REQUIRE(setup);
  ir::Program program;
  const ir::FunctionId step = add_function(program, "step");
  ir::Builder b(program, step);
  const ir::VariableId weight = add_weight(program, "w", Array::of({1}, std::vector<float>{1}));
  std::optional<ir::VariableId> scale;
  loss_scale(b, *setup, scale);
  REQUIRE(scale);
  const OptimizerState state = apply_optimizer(b, *setup, {{weight, b.parameter({DType::float32, {ir::Dim(1)}}, "g"), {}}}, scale);
  ir::Evaluator evaluator(program, 1);
  const auto run = [&](float gradient) { REQUIRE(evaluator.run(step, {to_tensor(Array::of({1}, std::vector<float>{gradient}), DType::float32)})); };
  run(std::numeric_limits<float>::infinity());
  CHECK(evaluator.variable(weight).floats[0] == 1);
  CHECK(evaluator.variable(*scale).floats[0] == 4);
  CHECK(evaluator.variable(state.iteration).integers[0] == 0);
  run(1);
  run(1);
  CHECK(evaluator.variable(weight).floats[0] == 0.5);
  CHECK(evaluator.variable(*scale).floats[0] == 8);
  CHECK(evaluator.variable(state.iteration).integers[0] == 2);
}

TEST_CASE("optimizers refuse what they do not take, by name") {
  const auto error = [](const char* text) {
    const Result<OptimizerSetup> setup = read_optimizer(*Json::parse(text));
    REQUIRE_FALSE(setup);
    return setup.error();
  };
  CHECK(error(R"("own")") == "optimizer: 'own' is not supported");
  CHECK(error(R"({"class_name": "SGD", "config": {"decay": 0.1}})") == "optimizer: SGD: decay 0.1 is not supported");
  CHECK(error(R"({"class_name": "SGD", "config": {"clipnorm": 1, "clipvalue": 1}})") ==
        "optimizer: SGD: only one of clipnorm, clipvalue and global_clipnorm may be given");
  CHECK(error(R"({"class_name": "SGD", "config": {"learning_rate": {"class_name": "Own", "config": {}}}})") == "optimizer: SGD: learning rate 'Own' is not supported");
}

}  // namespace keratin
