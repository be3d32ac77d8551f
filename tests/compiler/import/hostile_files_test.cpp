// Files made to do harm, and numbers that no model has: one clear error each, within bounded time and memory.
#include <catch2/catch.hpp>
#include <chrono>
#include <fmt/format.h>

#include "compiler/load.h"
#include "tests/compiler/import/model_files.h"
#include "tests/compiler/test_files.h"

namespace keratin {
namespace {

using Messages = std::vector<std::string>;

/// What the front half of the tool says about an architecture's text, without the missing weights.
Messages problems_of(const std::string& text) {
  const TestFolder folder;
  folder.write("m.json", text);
  const std::string path = folder.path("m.json");
  const auto begin = std::chrono::steady_clock::now();
  Problems problems;
  if (std::optional<ReadModel> read = read_graph_of(path, std::nullopt, problems)) expand(*read->model, path, {}, problems);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(60));
  Messages messages;
  for (std::string message : problems.messages()) {
    REQUIRE(message.starts_with(path));
    messages.push_back("m.json" + message.substr(path.size()));
  }
  return messages;
}

/// A Sequential of Keras 2 with one layer that reads an input of this shape.
std::string sequential(const std::string& shape, const std::string& class_name, const std::string& config) {
  return fmt::format(R"({{"class_name": "Sequential", "keras_version": "2.4.0", "config": {{"name": "m", "layers": [
      {{"class_name": "InputLayer", "config": {{"name": "x", "batch_input_shape": {}}}}}, {{"class_name": "{}", "config": {}}}]}}}})",
                     shape, class_name, config);
}

std::string tensor(const std::string& layer, const std::string& call = "0", const std::string& output = "0") {
  return fmt::format(R"({{"class_name": "__keras_tensor__", "config": {{"shape": [null, 2], "dtype": "float32", "keras_history": ["{}", {}, {}]}}}})",
                     layer, call, output);
}

/// An Add named `name` of two tensors.
std::string add(const std::string& name, const std::string& a, const std::string& b) {
  return fmt::format(R"(, {{"class_name": "Add", "module": "keras.layers", "name": "{0}", "config": {{"name": "{0}"}},
                         "inbound_nodes": [{{"args": [[{1}, {2}]], "kwargs": {{}}}}]}})", name, a, b);
}

/// A Functional of Keras 3 with the input `x`.
std::string functional(const std::string& layers, const std::string& outputs, const std::string& inputs = R"(["x", 0, 0])",
                       const std::string& nodes = "[]") {
  return fmt::format(R"({{"class_name": "Functional", "module": "keras", "name": "n", "config": {{"name": "n", "trainable": true, "layers": [
      {{"class_name": "InputLayer", "module": "keras.layers", "name": "x", "config": {{"name": "x", "batch_shape": [null, 2], "dtype": "float32"}},
        "inbound_nodes": []}}{}], "input_layers": [{}], "output_layers": [{}]}}, "inbound_nodes": {}}})", layers, inputs, outputs, nodes);
}

struct Case {
  std::string shape, class_name, config, expected;
};

TEST_CASE("shapes that are no shapes are refused") {
  const auto c = GENERATE(values<std::pair<std::string, std::string>>({
      {"[null, NaN]", "[null, NaN] has a dimension that is not positive"},
      {"[null, Infinity]", "[null, Infinity] has a dimension that is not positive"},
      {"[null, -3]", "[null, -3] has a dimension that is not positive"},
      {"[0, 3]", "[0, 3] has a dimension that is not positive"},
      {"[null, 3.5]", "[null, 3.5] has a dimension that is not positive"},
      {"[null, \"3\"]", "[null, \"3\"] has a dimension that is not positive"},
      {"[null, 2147483648, 2147483648]", "[null, 2147483648, 2147483648] has more elements than any machine can hold"},
      {"[null, 9223372036854775807, 9223372036854775807]",
       "[null, 9223372036854775807, 9223372036854775807] has more elements than any machine can hold"},
      {"null", "is missing"},
      {"{}", "is missing"},
  }));
  CHECK(problems_of(sequential(c.first, "Flatten", R"({"name": "f"})")) == Messages{"m.json: x: batch_shape: " + c.second});
}

TEST_CASE("numbers that no layer has are refused") {
  const auto c = GENERATE(values<Case>({
      {"[null, 3]", "Dense", R"({"name": "d", "units": NaN})", "d: units: NaN is not an integer"},
      {"[null, 3]", "Dense", R"({"name": "d", "units": -1})", "d: units: -1 is below 1"},
      {"[null, 3]", "Dense", R"({"name": "d", "units": "many"})", "d: units: \"many\" is not an integer"},
      {"[null, 8, 8, 3]", "Conv2D", R"({"name": "c", "filters": 2, "kernel_size": [3, 3], "strides": [0, 1]})", "c: strides: 0 is below 1"},
      {"[null, 4, 4, 3]", "UpSampling2D", R"({"name": "u", "size": [2147483648, 2147483648]})",
       "u: broadcast: [n,8589934592,4,2147483648,3] has too many elements"},
      {"[null, 4, 4, 3]", "ZeroPadding2D", R"({"name": "p", "padding": [[1099511627776, 0], [1099511627776, 0]]})",
       "p: pad: [n,1099511627780,1099511627780,3] has too many elements"},
      {"[null, 4]", "Resizing", R"({"name": "r", "height": 7, "width": 7})",
       "r: expected ndim=3 or 4, found ndim=2. Full shape received: (None, 4)"},
      {"[null, 4, 4, 1]", "Resizing", R"({"name": "r", "height": 1099511627776, "width": 2})",
       "r: resizing 4 to 1099511627776: at most 1048576 are allowed"},
      {"[null, 70000, 4, 1]", "Resizing", R"({"name": "r", "height": 69999, "width": 4, "interpolation": "lanczos5"})",
       "r: resizing 70000 to 69999 by lanczos5: the matrix has more than 67108864 elements"},
  }));
  CAPTURE(c.class_name, c.config);
  CHECK(problems_of(sequential(c.shape, c.class_name, c.config)) == Messages{"m.json: " + c.expected});
}

TEST_CASE("broken graphs are refused") {
  const std::string x = tensor("x"), sound = add("a", x, x);
  CHECK(problems_of(functional(sound, R"(["a", 0, 0])")).empty());
  CHECK(problems_of(functional(add("a", x, tensor("a")), R"(["a", 0, 0])")) == Messages{"m.json: layers read each other in a circle: a"});
  CHECK(problems_of(functional(add("a", x, tensor("b")) + add("b", tensor("a"), x) + add("c", x, tensor("b")), R"(["b", 0, 0])")) ==
        Messages{"m.json: layers read each other in a circle: a, b, c"});
  CHECK(problems_of(functional(add("a", x, tensor("ghost")), R"(["a", 0, 0])")) == Messages{"m.json: a: reads layer 'ghost', which does not exist"});
  CHECK(problems_of(functional(sound + sound, R"(["a", 0, 0])")).front() == "m.json: a: two layers have this name");
  CHECK(problems_of(functional(add("a", x, tensor("x", "4611686018427387904", "-5")), R"(["a", 0, 0])")) ==
        Messages{"m.json: a: reads output -1 of call 2147483647 of 'x', which has 1 call"});
  CHECK(problems_of(functional(add("a", x, tensor("x", "NaN")), R"(["a", 0, 0])")) ==
        Messages{"m.json: a: a tensor reference is no triple of layer, node and tensor"});
  CHECK(problems_of(functional(sound, R"(["ghost", 0, 0])")).front() == "m.json: output_layers names layer 'ghost', which does not exist");
  CHECK(problems_of(functional(sound, R"(["a", NaN, 0])")).front() == "m.json: output_layers of 'a' is no triple of layer, node and tensor");
  CHECK(problems_of(functional(sound, "")) == Messages{"m.json: output_layers names no layer"});
  CHECK(problems_of(functional(sound, R"(["a", 0, 0])", "")).front() == "m.json: input_layers names no layer");
}

TEST_CASE("nested models that double with every level are refused") {
  std::string model = functional(add("a", tensor("x"), tensor("x")), R"(["a", 0, 0])");
  for (int level = 0; level < 30; ++level) {
    const std::string nodes = fmt::format(R"([{{"args": [{}], "kwargs": {{}}}}, {{"args": [{}], "kwargs": {{}}}}])", tensor("x"), tensor("n"));
    model.replace(model.rfind(R"("inbound_nodes": [])"), std::string(R"("inbound_nodes": [])").size(), R"("inbound_nodes": )" + nodes);
    model = functional(", " + model, R"(["n", 1, 0])");
  }
  CHECK(problems_of(model) == Messages{"m.json: makes more than 200000 calls of layers, those within nested models counted"});
}

TEST_CASE("a long chain of layers in reverse order is read in linear time") {
  constexpr int kLayers = 3000;
  std::string layers;
  for (int i = 0; i < kLayers; ++i) layers += add(fmt::format("l{}", i), tensor(i + 1 < kLayers ? fmt::format("l{}", i + 1) : "x"), tensor("x"));
  CHECK(problems_of(functional(layers, R"(["l0", 0, 0])")).empty());
}

TEST_CASE("calls are ordered as Keras makes them: the file's order, again and again") {
  const TestFolder folder;
  const std::string x = tensor("x");
  folder.write("m.json", functional(add("late", tensor("c"), x) + add("b", tensor("a"), x) + add("a", x, x) + add("c", tensor("b"), x) + add("d", x, x), R"(["late", 0, 0])"));
  Problems problems;
  const std::optional<ReadModel> read = read_graph_of(folder.path("m.json"), std::nullopt, problems);
  REQUIRE(read);
  std::string order;
  for (const Model::CallRef& at : read->model->order) order += read->model->layers[static_cast<size_t>(at.layer)].name + " ";
  CHECK(order == "x a d b c late ");
}

TEST_CASE("nesting bombs are refused in every container") {
  const std::string bomb = R"({"class_name": "Sequential", "config": )" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  CHECK(problems_of(bomb) == Messages{"m.json: not JSON at byte 239: nested deeper than 200 levels"});
  const TestFolder folder;
  write_archive(folder.path("m.keras"), object_weights(), bomb);
  folder.write("m.h5", std::string(legacy_model(std::string(60'000, '[')).text()));
  Problems problems;
  read_graph_of(folder.path("m.keras"), std::nullopt, problems);
  read_graph_of(folder.path("m.h5"), std::nullopt, problems);
  CHECK(problems.messages() == Messages{folder.path("m.keras") + ": config.json: not JSON at byte 239: nested deeper than 200 levels",
                                        folder.path("m.h5") + ": model_config: not JSON at byte 201: nested deeper than 200 levels"});
}

TEST_CASE("archives of very many entries are refused") {
  ZipWriter zip;
  zip.add("config.json", kConfig3);
  for (int i = 0; i < 100'000; ++i) zip.add(fmt::format("assets/{}", i), "");
  const TestFolder folder;
  REQUIRE(zip.save(folder.path("m.keras")).ok());
  CHECK(read_model_file(folder.path("m.keras")).error() == folder.path("m.keras") + ": the archive holds 100001 entries, at most 100000 are allowed");
}

}  // namespace
}  // namespace keratin
