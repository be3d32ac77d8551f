#include "compiler/training/setup.h"

#include <catch2/catch.hpp>
#include <memory>

namespace keratin {

namespace {

std::shared_ptr<Model> model_with(const std::vector<std::string>& outputs, const char* compiled) {
  auto model = std::make_shared<Model>();
  model->output_names = outputs;
  const Result<Json> json = Json::parse(compiled);
  REQUIRE(json);
  model->compile_config = *json;
  return model;
}

std::vector<std::string> problems_of(const std::vector<std::string>& outputs, const char* compiled) {
  Problems problems;
  read_training(*model_with(outputs, compiled), "m.keras", problems);
  return problems.messages();
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("arguments of compile belong to outputs: one for all, in order, by name") {
  Problems problems;
  const std::shared_ptr<Model> model = model_with({"a", "b"}, R"({"optimizer": "sgd", "loss": {"b": "mse", "a": null}, "loss_weights": [1, 0.5],
                                                 "metrics": {"a": ["mae", "acc"]}, "weighted_metrics": [["mse"], null]})");
  const TrainingSetup setup = read_training(*model, "m.keras", problems);
  REQUIRE(problems.empty());
  CHECK_FALSE(setup.outputs[0].loss);
  REQUIRE(setup.outputs[1].loss);
  CHECK(setup.outputs[1].loss_weight == 0.5);
  REQUIRE(setup.outputs[0].metrics.size() == 2);
  CHECK(setup.outputs[0].metrics[1]->name == "acc");
  CHECK(setup.outputs[0].weighted_metrics.size() == 1);
  CHECK(setup.outputs[1].metrics.empty());
}

TEST_CASE("a compile configuration that does not fit the model is refused by name") {
  CHECK(problems_of({"a"}, "null") == Texts{"m.keras: holds no compile configuration"});
  CHECK(problems_of({"a", "b"}, R"({"optimizer": "sgd", "loss": ["mse"]})") == Texts{"m.keras: loss: 1 entries for 2 outputs"});
  CHECK(problems_of({"a", "b"}, R"({"optimizer": "sgd", "loss": {"c": "mse"}})") == Texts{"m.keras: loss: the model has no output c"});
  CHECK(problems_of({"a"}, R"({"optimizer": "sgd", "loss": null})") == Texts{"m.keras: the compile configuration holds no loss"});
  CHECK(problems_of({"a"}, R"({"optimizer": "own", "loss": "mse", "metrics": ["odd"]})") ==
        Texts{"m.keras: optimizer: 'own' is not supported", "m.keras: a: metric: 'odd' is not supported"});
}

TEST_CASE("the loss of a model of policy mixed_float16 is scaled, whatever its optimizer") {
  const std::shared_ptr<Model> model = model_with({"a"}, R"({"optimizer": {"class_name": "SGD", "config": {"loss_scale_factor": 4}}, "loss": "mse"})");
  Problems problems;
  CHECK_FALSE(read_training(*model, "m.keras", problems).optimizer.dynamic_scale);
  model->dtype = {DType::float16, DType::float32};
  const TrainingSetup setup = read_training(*model, "m.keras", problems);
  REQUIRE(problems.empty());
  REQUIRE(setup.optimizer.dynamic_scale);
  CHECK(setup.optimizer.dynamic_scale->initial == 32768);
  CHECK_FALSE(setup.optimizer.loss_scale);
}

}  // namespace keratin
