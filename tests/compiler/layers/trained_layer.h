// A model expanded in training mode, with all that it draws among its results, for tests.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "compiler/expand.h"
#include "compiler/import/graph_reader.h"
#include "gradient_check.h"
#include "ir/passes/eliminate_dead.h"

namespace keratin {

class TrainedLayer {
 public:
  struct Run {
    ir::Tensors outputs;
    ir::Tensors draws;  // uniform numbers, in the order in which layers draw them
  };

  explicit TrainedLayer(const std::string& text, const char* version = "3.15.1") {
    Problems problems;
    const Result<Json> json = Json::parse(text);
    REQUIRE(json);
    ReadContext context{"model.keras", KerasVersion::parse(version), problems, {}};
    model_ = read_model(*json, context);
    if (model_ && problems.empty()) expanded_ = expand(*model_, "model.keras", {}, problems);
    for (const std::string& problem : problems.messages()) UNSCOPED_INFO(problem);
    REQUIRE(problems.empty());
    for (uint32_t i = 0; i < program().variables.size(); ++i) weights_.push_back(i);
    TrainingGraph graph = expand_training(*model_, expanded_, "model.keras", problems);
    for (const std::string& problem : problems.messages()) UNSCOPED_INFO(problem);
    REQUIRE(problems.empty());
    function_ = graph.builder->function_id();
    outputs_ = graph.outputs.size();
    for (const KTensor& output : graph.outputs) graph.builder->output(output.value, "y");
    std::vector<ir::ValueId> drawn;
    for (const ir::Node& node : graph.builder->function().nodes)
      if (node.op.as<ir::Random>()) drawn.push_back(node.outputs[0]);
    draws_ = drawn.size();
    for (ir::ValueId value : drawn) graph.builder->output(Val(graph.builder.get(), value), "draw");
  }

  ir::Program& program() { return expanded_.program; }
  ir::FunctionId function() const { return function_; }
  /// Random tensors that one training step draws.
  size_t draws() const { return draws_; }
  /// The function without what it draws among its results.
  ir::FunctionId function_of_outputs() {
    ir::Function& function = program().function(function_);
    function.outputs.resize(outputs_);
    function.output_names.resize(outputs_);
    ir::eliminate_dead(program(), function_);
    return function_;
  }

  std::shared_ptr<const ir::Tensor> weight(size_t number) { return program().variables[weights_.at(number)].initial; }
  void set_weight(size_t number, ir::Tensor value) { program().variables[weights_.at(number)].initial = std::make_shared<const ir::Tensor>(std::move(value)); }
  void draw_weights() {
    std::mt19937_64 random(3);
    for (size_t i = 0; i < weights_.size(); ++i) set_weight(i, ir::random_tensor(program().variables[weights_[i]].type, 1, random));
  }
  void set_hyperparameter(const std::string& name, double value) {
    for (ir::Variable& variable : program().variables)
      if (variable.role == ir::Role::hyperparameter && variable.name == name) {
        variable.initial = std::make_shared<const ir::Tensor>(ir::scalar(DType::uint64, value));
        return;
      }
    FAIL("no hyperparameter " << name);
  }

  Run run(const ir::Tensors& inputs, int64_t examples) {
    ir::Tensors results = ir::evaluate(program(), function_, examples, inputs);
    const auto middle = results.begin() + static_cast<ptrdiff_t>(outputs_);
    return {ir::Tensors(results.begin(), middle), ir::Tensors(middle, results.end())};
  }

 private:
  std::shared_ptr<Model> model_;
  ExpandedModel expanded_;
  ir::FunctionId function_;
  std::vector<size_t> weights_;  // numbers of the variables that are no hyperparameters
  size_t outputs_ = 0, draws_ = 0;
};

}  // namespace keratin
