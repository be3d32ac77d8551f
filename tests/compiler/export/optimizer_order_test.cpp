// The order of an optimizer's variables against what Keras wrote (record_optimizer_orders.py).
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>

#include "compiler/data/tensors.h"
#include "compiler/export/optimizer_order.h"
#include "compiler/export/saved_state.h"
#include "compiler/load.h"

namespace keratin {
namespace {

/// The recorded model with a training program of one optimizer.
struct Trained {
  std::optional<ReadModel> read;
  ExpandedModel expanded;
  OptimizerSetup setup;
  NamedArrays variables;  // of the optimizer, by the program's names; each filled with its number
};

Trained train(const Json& optimizer) {
  Problems problems;
  Trained made{read_graph_of(KERATIN_EXPORT_TESTS "/optimizer_orders.keras", std::nullopt, problems), {}, {}, {}};
  REQUIRE(made.read);
  made.expanded = expand_and_bind(*made.read, {}, problems);
  for (const std::string& message : problems.messages()) FAIL(message);
  Result<OptimizerSetup> setup = read_optimizer(optimizer);
  if (!setup) FAIL(setup.error());
  made.setup = std::move(*setup);
  ir::Program& program = made.expanded.program;
  program.functions.push_back({});
  ir::Builder b(program, ir::FunctionId{static_cast<uint32_t>(program.functions.size() - 1)});
  std::vector<TrainedWeight> weights;
  const uint32_t own = static_cast<uint32_t>(program.variables.size());
  for (uint32_t i = 0; i < own; ++i) {
    const ir::Variable variable = program.variables[i];
    if (variable.role == ir::Role::weight && variable.trainable) weights.push_back({ir::VariableId{i}, b.parameter(variable.type, variable.name), {}});
  }
  std::optional<ir::VariableId> dynamic;
  loss_scale(b, made.setup, dynamic);
  apply_optimizer(b, made.setup, weights, dynamic);
  for (uint32_t i = own; i < program.variables.size(); ++i) {
    const ir::Variable& variable = program.variables[i];
    const Array initial = to_array(*variable.initial);
    made.variables.emplace_back(variable.name, Array::of(initial.shape, std::vector<int64_t>(static_cast<size_t>(initial.count()), i)).to(initial.dtype));
  }
  return made;
}

/// Keras's name of the variable that ours is: without the optimizer, slashes of the weight's path as lines.
std::string keras_name(std::string name) {
  name = name.substr(name.find('/') + 1);
  if (std::isdigit(static_cast<unsigned char>(name[0]))) name = name.substr(name.find('/') + 1);  // a part of MultiOptimizer
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

std::string recorded_name(const Json& variable) {
  const std::string& path = variable.find("path")->as_string();
  return path.substr(path.find('/') + 1);
}

std::vector<int64_t> recorded_shape(const Json& variable) {
  std::vector<int64_t> shape;
  for (const Json& extent : variable.find("shape")->as_array()) shape.push_back(extent.as_int());
  return shape;
}

Json recorded() {
  const Result<Bytes> text = read_file(KERATIN_EXPORT_TESTS "/optimizer_orders.json");
  REQUIRE(text.ok());
  const Result<Json> json = Json::parse(text->text());
  if (!json) FAIL(json.error());
  return *json;
}

const Array& value_of(const OptimizerVariable& variable, const NamedArrays& variables) {
  return variable.name.empty() ? variable.standard : *find_array(variables, variable.name);
}

TEST_CASE("the variables of every optimizer stand where Keras has them") {
  const Json orders = recorded();
  CHECK(orders.as_object().size() == 25);
  for (const auto& [name, order] : orders.as_object()) {
    INFO(name);
    const Trained trained = train(*order.find("optimizer"));
    const auto has = [&](const std::string& own) { return find_array(trained.variables, own) != nullptr; };
    const std::vector<OptimizerVariable> variables = optimizer_order(trained.setup, trained_in_order(*trained.read->model), has);
    const Json::Array& expected = order.find("variables")->as_array();
    REQUIRE(variables.size() == expected.size());
    size_t places = 0;
    for (size_t i = 0; i < variables.size(); ++i) {
      INFO(i << ": " << variables[i].name << ", " << expected[i].dump());
      const Array& value = value_of(variables[i], trained.variables);
      CHECK(value.shape == recorded_shape(expected[i]));
      CHECK(name_of(value.dtype) == expected[i].find("dtype")->as_string());
      const std::string wanted = recorded_name(expected[i]);
      const bool named = wanted.find('_') != std::string::npos || wanted == "iteration";  // Adafactor's factors and Nadam's product have no names of their own
      if (!variables[i].name.empty() && named) CHECK(keras_name(variables[i].name) == wanted);
      for (const std::string& place : variables[i].places) {
        INFO(place);
        const Json* number = order.find("places")->find(place);
        REQUIRE(number);
        CHECK(number->as_int() == static_cast<int64_t>(i));
        ++places;
      }
    }
    CHECK(places == order.find("places")->as_object().size());
  }
}

TEST_CASE("an optimizer's state goes to Keras and comes back") {
  const Json orders = recorded();
  for (const auto& [name, order] : orders.as_object()) {
    INFO(name);
    const Trained trained = train(*order.find("optimizer"));
    const NamedArrays stored = keras_optimizer(trained.setup, *trained.read->model, trained.variables);
    CHECK(stored.size() == order.find("places")->as_object().size());
    NamedArrays empty = trained.variables;
    for (NamedArray& variable : empty) variable.second = Array::zeros(variable.second.dtype, variable.second.shape);
    const Result<NamedArrays> back = program_optimizer(trained.setup, *trained.read->model, stored, empty);
    if (!back) FAIL(back.error());
    size_t lost = 0;  // Keras does not keep it either
    for (const auto& [own, value] : trained.variables) {
      INFO(own);
      const Array* found = find_array(*back, own);
      if (!found && trained.setup.dynamic_scale && own.ends_with("u_product")) {
        ++lost;
        continue;
      }
      REQUIRE(found);
      CHECK(*found == value);
    }
    CHECK(back->size() + lost == trained.variables.size());
  }
}

TEST_CASE("a state of another optimizer is not taken") {
  const Json orders = recorded();
  const Trained adam = train(*orders.find("adam")->find("optimizer")), sgd = train(*orders.find("sgd")->find("optimizer")), lion = train(*orders.find("lion")->find("optimizer"));
  const auto back = [](const Trained& from, const Trained& to) {
    return program_optimizer(to.setup, *to.read->model, keras_optimizer(from.setup, *from.read->model, from.variables), to.variables);
  };
  CHECK(back(sgd, adam).error() == "2 variables are kept of the optimizer, which has 22 for this model");
  CHECK(program_optimizer(adam.setup, *adam.read->model, {}, adam.variables).error() == "0 variables are kept of the optimizer, which has 22 for this model");
  NamedArrays stored = keras_optimizer(lion.setup, *lion.read->model, lion.variables);
  stored[2].second = Array::zeros(DType::float32, {3});
  CHECK(program_optimizer(lion.setup, *lion.read->model, stored, lion.variables).error() ==
        "optimizer/vars/2: is float32 (3,), optimizer/conv/kernel_momentum has float32 (2, 2, 1, 2)");
}

}  // namespace
}  // namespace keratin
