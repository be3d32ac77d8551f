// Frozen layers in the program of a training step: computed forwards, and backwards only as far as something before them is trained.
#include <algorithm>
#include <catch2/catch.hpp>

#include "compiler/backward.h"
#include "compiler/load.h"
#include "compiler/pipeline.h"
#include "compiler/training/train_step.h"
#include "tests/compiler/test_files.h"

namespace keratin {
namespace {

std::string layer(const std::string& class_name, const std::string& config) {
  return R"({"module": "keras.layers", "class_name": ")" + class_name + R"(", "registered_name": null, "config": {)" + config + "}}";
}
std::string trainable_text(bool trainable) { return trainable ? R"(, "trainable": true)" : R"(, "trainable": false)"; }
std::string dense(const std::string& name, int units, bool trainable, const std::string& more = "") {
  const std::string config = R"("name": ")" + name + R"(", "activation": "tanh", "units": )" + std::to_string(units);
  return layer("Dense", config + trainable_text(trainable) + more);
}
std::string normalization(bool trainable) { return layer("BatchNormalization", R"("name": "norm")" + trainable_text(trainable)); }
std::string input(int features) { return layer("InputLayer", R"("name": "x", "batch_shape": [null, )" + std::to_string(features) + "]"); }
std::string sequential(const std::string& name, const std::string& layers) {
  const std::string config = R"({"name": ")" + name + R"(", "layers": [)" + layers + "]}";
  return R"({"module": "keras", "class_name": "Sequential", "registered_name": "Sequential", "config": )" + config + "}";
}

/// A model from its configuration with first values, of one input and one output of three numbers, and its training step by Adam.
struct Trained {
  Problems problems;
  ExpandedModel expanded;
  ir::FunctionId step;

  explicit Trained(const std::string& config) {
    const TestFolder folder;
    folder.write("m.json", config);
    std::optional<ReadModel> read = read_graph_of(folder.path("m.json"), std::nullopt, problems);
    for (const std::string& message : problems.messages()) FAIL(message);
    expanded = expand_with_weights(*read, {}, 1, problems);
    read->model->compile_config = *Json::parse(R"({"loss": "mse", "optimizer": {"class_name": "Adam", "config": {}}})");
    const TrainingSetup setup = read_training(*read->model, "m.json", problems);
    const ir::Function& predict = expanded.program.function(expanded.program.find("predict"));
    BatchTypes types;
    types.targets = {predict.type(predict.outputs[0])};
    types.weights = {std::nullopt};
    const TrainStep made = add_train_step(*read->model, expanded, setup, types, {}, "m.json", problems);
    for (const std::string& message : problems.messages()) FAIL(message);
    REQUIRE(made.function);
    step = *made.function;
    optimize_on_weights(expanded.program, step, {});
  }

  const ir::Function& function() const { return expanded.program.function(step); }

  /// Nodes of the gradient of layers whose path contains `part`.
  std::vector<const ir::Node*> backward_of(const std::string& part) const {
    std::vector<const ir::Node*> list;
    for (const ir::Node& node : function().nodes) {
      if (!node.origin.valid()) continue;
      const ir::Origin& origin = expanded.program.origins[node.origin.index];
      if (origin.backward && origin.path.find(part) != std::string::npos) list.push_back(&node);
    }
    return list;
  }
  bool gives(const std::vector<const ir::Node*>& nodes, const std::vector<Dim>& shape) const {
    const auto has = [&](const ir::Node* node) { return function().type(node->outputs[0]).shape.dims == shape; };
    return std::any_of(nodes.begin(), nodes.end(), has);
  }
  std::string name_of(const ir::Update& update) const { return expanded.program.variable(update.variable).name; }
  /// Names of the weights and slots that the step updates.
  std::vector<std::string> updated() const {
    std::vector<std::string> names;
    for (const ir::Update& update : function().updates) names.push_back(name_of(update));
    return names;
  }
  bool updates(const std::string& part) const {
    const auto& list = function().updates;
    return std::any_of(list.begin(), list.end(), [&](const ir::Update& update) { return name_of(update).find(part) != std::string::npos; });
  }
};

std::string with_base(bool trainable) {
  const std::string layers = dense("first", 6, trainable) + ", " + normalization(trainable) + ", " + dense("second", 7, trainable);
  const std::string base = sequential("base", input(5) + ", " + layers);
  return sequential("m", input(5) + ", " + base + ", " + dense("head", 3, true));
}

TEST_CASE("a frozen base has no backward code: the step goes back as far as in a model of the head alone") {
  const Trained frozen(with_base(false)), whole(with_base(true)), head(sequential("m", input(7) + ", " + dense("head", 3, true)));
  CHECK(frozen.backward_of("base").empty());
  CHECK(frozen.backward_of("head").size() == head.backward_of("head").size());
  CHECK(frozen.backward_of("").size() == head.backward_of("").size());
  CHECK(whole.backward_of("base").size() > 10);  // what the test would find
  CHECK(frozen.updated() == head.updated());
  CHECK(whole.updates("base/first/kernel"));
  CHECK(whole.updates("base/norm/moving_mean"));
}

TEST_CASE("a frozen layer between trained ones passes the gradient on and computes none of its own") {
  const auto model = [](bool trainable) {
    const std::string layers = dense("before", 6, true) + ", " + dense("middle", 7, trainable) + ", " + dense("after", 3, true);
    return Trained(sequential("m", input(5) + ", " + layers));
  };
  const Trained frozen = model(false), whole = model(true);
  const std::vector<const ir::Node*> backward = frozen.backward_of("middle");
  CHECK_FALSE(backward.empty());
  CHECK_FALSE(frozen.gives(backward, {Dim(6), Dim(7)}));
  CHECK_FALSE(frozen.gives(backward, {Dim(7)}));
  CHECK(whole.gives(whole.backward_of("middle"), {Dim(6), Dim(7)}));
  CHECK(whole.gives(whole.backward_of("middle"), {Dim(7)}));
  CHECK_FALSE(frozen.updates("middle"));
  CHECK(frozen.updates("before/kernel"));
}

TEST_CASE("a regularizer of a frozen weight is part of the loss and has no gradient") {
  const std::string l2 = R"(, "kernel_regularizer": {"module": "keras.regularizers", "class_name": "L2", "config": {"l2": 0.1}})";
  const Trained frozen(sequential("m", input(5) + ", " + dense("base", 6, false, l2) + ", " + dense("head", 3, true)));
  CHECK(frozen.backward_of("base").empty());
  CHECK_FALSE(frozen.gives(frozen.backward_of(""), {Dim(5), Dim(6)}));
}

TEST_CASE("backward of inputs or of weights alone leaves out the other gradients") {
  const auto results = [](GradientsOf what, size_t& nodes) {
    const TestFolder folder;
    folder.write("m.json", with_base(true));
    Problems problems;
    std::optional<ReadModel> read = read_graph_of(folder.path("m.json"), std::nullopt, problems);
    ExpandOptions options;
    options.losses = true;
    ExpandedModel expanded = expand_with_weights(*read, options, 1, problems);
    for (const std::string& message : problems.messages()) FAIL(message);
    const Backward backward = add_backward(expanded.program, what);
    nodes = expanded.program.function(backward.function).nodes.size();
    return backward.results;
  };
  size_t all = 0, inputs = 0, weights = 0;
  const std::vector<std::string> whole = results(GradientsOf::all, all);
  CHECK(results(GradientsOf::inputs, inputs) == std::vector<std::string>{"gradient/x"});
  CHECK(results(GradientsOf::weights, weights) == std::vector<std::string>(whole.begin() + 1, whole.end()));
  CHECK(whole.size() == 9);
  CHECK(inputs < all);
  CHECK(weights < all);
}

}  // namespace
}  // namespace keratin
