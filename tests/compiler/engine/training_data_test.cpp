#include "compiler/engine/training_data.h"

#include <catch2/catch.hpp>

#include "compiler/engine/csv_data.h"
#include "compiler/import/graph_reader.h"

namespace keratin {
namespace {

using Texts = std::vector<std::string>;

/// `inputs` of shape (2, 2) each, which are added; one output `sum`.
std::shared_ptr<Model> model_of(const Texts& inputs) {
  std::string layers, references, tensors;
  for (const std::string& name : inputs) {
    layers += R"({"class_name": "InputLayer", "name": ")" + name + R"(", "inbound_nodes": [], "config": {"name": ")" + name + R"(", "dtype": "float32", "batch_shape": [null, 2, 2]}}, )";
    references += (references.empty() ? "[\"" : ", [\"") + name + "\", 0, 0]";
    tensors += (tensors.empty() ? "[\"" : ", [\"") + name + "\", 0, 0, {}]";
  }
  const std::string add = R"({"class_name": "Concatenate", "name": "sum", "config": {"name": "sum", "axis": -1, "dtype": "float32"}, "inbound_nodes": [[)" + tensors + "]]}";
  const std::string text = R"({"class_name": "Functional", "config": {"name": "m", "layers": [)" + layers + add + R"(], "input_layers": [)" + references + R"(], "output_layers": [["sum", 0, 0]]}})";
  Problems problems;
  ReadContext context{"m.h5", KerasVersion::parse("2.11.0"), problems, {}};
  std::shared_ptr<Model> model = read_model(Json::parse(text).value(), context);
  for (const std::string& message : problems.messages()) UNSCOPED_INFO(message);
  REQUIRE(model);
  return model;
}

Array rows(int64_t examples) { return Array::zeros(DType::float32, {examples, 2, 2}); }
Array ids(std::vector<int32_t> values) { return Array::of({static_cast<int64_t>(values.size()), 1}, values); }

Texts problems_of(const Texts& inputs, const NamedArrays& arrays) {
  Problems problems;
  training_data_of(*model_of(inputs), arrays, "d.npz", problems);
  return problems.messages();
}

Texts problems_of_weights(FitData data, const std::vector<std::pair<int64_t, double>>& weights) {
  Problems problems;
  apply_class_weights(data, weights, "d.npz", problems);
  return problems.messages();
}

/// The arrays of a table, and what is wrong with it.
struct TableRun {
  Problems problems;
  TargetClasses classes;
  NamedArrays arrays;

  TableRun(const char* text, const char* target, const Texts& inputs = {"a", "b"}, TargetClasses known = {}, const Texts& outputs = {"sum"}) : classes(std::move(known)) {
    const std::shared_ptr<Model> model = model_of(inputs);
    model->output_names = outputs;
    const CsvTable table = parse_csv(text, "d.csv").value();
    const std::vector<TargetColumn> targets = target_columns(*model, table, target, "d.csv", problems);
    if (problems.empty()) arrays = arrays_of_table(*model, table, targets, classes, "d.csv", problems);
  }
};

}  // namespace

TEST_CASE("data of a training stand under the names of inputs and outputs, or alone") {
  Problems problems;
  const std::shared_ptr<Model> model = model_of({"x0"});
  const NamedArrays arrays = {{"x", rows(3)}, {"y", ids({1, 0, 1})}, {"validation/x/x0", rows(2)}, {"validation/y", ids({0, 0})}, {"validation/sample_weight", Array::zeros(DType::float32, {2})}};
  const TrainingFile file = training_data_of(*model, arrays, "d.npz", problems);
  REQUIRE(problems.empty());
  CHECK(file.data.examples() == 3);
  CHECK(file.data.targets == std::vector<Array>{ids({1, 0, 1})});
  CHECK_FALSE(file.data.weights[0]);
  REQUIRE(file.validation);
  CHECK(file.validation->examples() == 2);
  CHECK(file.validation->weights[0] == Array::zeros(DType::float32, {2}));
  CHECK(input_names(*model) == Texts{"x0"});

  CHECK(problems_of({"a", "b"}, {{"x/a", rows(2)}, {"x/b", rows(2)}}) == Texts{"d.npz: holds no array 'y/sum'"});
  CHECK(problems_of({"a", "b"}, {{"x", rows(2)}, {"x/b", rows(2)}}) == Texts{"d.npz: holds no array 'a'"});
  CHECK(problems_of({"a"}, {{"x", rows(2)}, {"y", ids({1})}, {"sample_weight", Array::zeros(DType::float32, {3})}}) ==
        Texts{"d.npz: y/sum has another number of examples than the inputs, which have 2", "d.npz: sample_weight/sum has another number of examples than the inputs, which have 2"});
}

TEST_CASE("weights of classes are of the training, not of what is split off it") {
  TrainingFile file;
  file.data = {{rows(3)}, {ids({1, 0, 1})}, {std::nullopt}};
  Problems problems;
  apply_class_weights(file.data, {{1, 2.5}}, "d.npz", problems);
  REQUIRE(problems.empty());
  CHECK(file.data.weights[0] == Array::of({3}, std::vector<float>{2.5f, 1, 2.5f}));
  CHECK_FALSE(evaluated_data(file, 0, true));
  CHECK_FALSE(evaluated_data(file, 0.5, true)->weights[0]);
  CHECK(evaluated_data(file, 0.5, false)->weights[0]);  // sample weights go with their examples
  file.validation = FitData{{rows(1)}, {ids({1})}, {std::nullopt}};
  CHECK(evaluated_data(file, 0.5, true)->examples() == 1);

  CHECK(problems_of_weights({{rows(1)}, {ids({1}), ids({1})}, {std::nullopt, std::nullopt}}, {{0, 1}}) == Texts{"d.npz: class_weight takes a model with one output"});
  CHECK(problems_of_weights(file.data, {{0, 1}}) == Texts{"d.npz: class_weight and sample weights exclude each other"});
  CHECK(problems_of_weights({{rows(1)}, {rows(1)}, {std::nullopt}}, {{0, 1}}) == Texts{"d.npz: class_weight takes targets of rank 1 or 2, not 3"});
  CHECK(problems_of_weights(file.data, {}).empty());
}

TEST_CASE("the columns of a table fill an input, and its targets are numbers or sorted classes") {
  const TableRun numbers("p,t,q,r,s\n1,2,+3, 4 ,5e-1\n-1,2.5,3,4,5\n", "t", {"a"});
  REQUIRE(numbers.problems.empty());
  CHECK(numbers.classes.empty());
  CHECK(*find_array(numbers.arrays, "x/a") == Array::of({2, 2, 2}, std::vector<float>{1, 3, 4, 0.5f, -1, 3, 4, 5}));
  CHECK(*find_array(numbers.arrays, "y/sum") == Array::of({2, 1}, std::vector<float>{2, 2.5f}));

  const TableRun texts("p,q,r,s,t\n1,1,1,1,oak\n1,1,1,1,ash\n1,1,1,1,oak\n", "t", {"a"});
  REQUIRE(texts.problems.empty());
  CHECK(texts.classes == TargetClasses{{"sum", {"ash", "oak"}}});
  CHECK(*find_array(texts.arrays, "y/sum") == ids({1, 0, 1}));
  CHECK(TableRun("p,q,r,s,t\n1,1,1,1,elm\n", "t", {"a"}, texts.classes).problems.messages() == Texts{"d.csv: line 2: t: 'elm' is no class of the training data"});
}

TEST_CASE("targets of several outputs are named by output, or stand under the outputs' names") {
  for (const auto& [text, target] : {std::pair{"a,u,w\n1,2,oak\n3,4,ash\n", "u,w"}, {"w,kind,a\n2,oak,1\n4,ash,3\n", "w=kind,u=w"}}) {
    const TableRun run(text, target, {"a"}, {}, {"u", "w"});
    CHECK(run.problems.messages() == Texts{});
    CHECK(*find_array(run.arrays, "x/a") == Array::of({2, 1}, std::vector<float>{1, 3}));
    CHECK(*find_array(run.arrays, "y/u") == Array::of({2, 1}, std::vector<float>{2, 4}));
    CHECK(*find_array(run.arrays, "y/w") == ids({1, 0}));
    CHECK(run.classes == TargetClasses{{"w", {"ash", "oak"}}});
  }
  const auto problems = [](const char* target) { return TableRun("a,u,w\n1,2,3\n", target, {"a"}, {}, {"u", "w"}).problems.messages(); };
  CHECK(problems("u") == Texts{"d.csv: --target: names no column of output 'w'"});
  CHECK(problems("u,w=z") == Texts{"d.csv: --target: there is no column 'z'; there are a, u, w"});
  CHECK(problems("u,w,w=a") == Texts{"d.csv: --target: output 'w' is given twice"});
  CHECK(problems("u,w,v=a") == Texts{"d.csv: --target: the model has no output 'v'; there are u, w"});
}

TEST_CASE("a table that does not fit the model is refused") {
  CHECK(TableRun("a,t\n1,2\n", "z").problems.messages() == Texts{"d.csv: --target: there is no column 'z'; there are a, t"});
  CHECK(TableRun("a,t\n1,2\n", "t").problems.messages() == Texts{"d.csv: holds no column 'b'"});
  CHECK(TableRun("a,t\n1,2\nx1,2\n", "t", {"a"}).problems.messages() == Texts{"d.csv: line 3: a: 'x1' is no number"});
  CHECK(TableRun("a,b,c,t\n1,2,3,4\n", "t").problems.messages() == Texts{"d.csv: the column 'c' is no input of the model"});
  const TableRun narrow("p,q,t\n1,2,3\n", "t", {"a"});
  Problems problems;
  training_data_of(*model_of({"a"}), narrow.arrays, "d.csv", problems);
  CHECK(problems.messages() == Texts{"d.csv: a: has shape (1, 2), the model takes (None, 2, 2)"});
}

}  // namespace keratin
