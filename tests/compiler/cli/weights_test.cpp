// keratin weights: paths, values, dtypes, and the way back.
#include <catch2/catch.hpp>

#include "compiler/cli/weight_arrays.h"
#include "compiler/import/archive.h"
#include "tests/compiler/cli/run_tool.h"

namespace keratin {
namespace {

NamedArrays weights_of(const std::string& file) {
  Problems problems;
  std::optional<ReadModel> read = read_graph_of(file, std::nullopt, problems);
  std::optional<NamedArrays> arrays = read ? weight_arrays(*read, problems) : std::nullopt;
  for (const std::string& message : problems.messages()) UNSCOPED_INFO(message);
  REQUIRE(arrays);
  return *arrays;
}

std::vector<std::string> lines_of(const NamedArrays& arrays) {
  std::vector<std::string> lines;
  for (const auto& [name, array] : arrays) lines.push_back(name + " " + shape_text(array.shape));
  return lines;
}

TEST_CASE("weights stand under their paths, in Keras's order") {
  CHECK(lines_of(weights_of(case_file("gru.keras"))) == std::vector<std::string>{"rnn/gru_cell/kernel (3, 12)", "rnn/gru_cell/recurrent_kernel (4, 12)", "rnn/gru_cell/bias (2, 12)"});
}

TEST_CASE("the recorded gradients of a case name the weights alike") {
  for (const char* name : {"graph_nested_functional", "bidirectional_concat", "mha_self", "batch_normalization", "graph_shared_twice"}) {
    INFO(name);
    const NamedArrays arrays = weights_of(case_file(std::string(name) + ".keras"));
    const Result<NamedArrays> recorded = read_arrays(case_file(std::string(name) + ".npz"));
    REQUIRE(recorded.ok());
    int gradients = 0;
    for (const auto& [key, gradient] : *recorded) {
      if (!key.starts_with("weight_gradient/")) continue;
      ++gradients;
      INFO(key);
      const Array* weight = find_array(arrays, key.substr(16));
      REQUIRE(weight != nullptr);
      CHECK(weight->shape == gradient.shape);
    }
    CHECK(gradients > 0);
  }
}

TEST_CASE("the optimizer's state is under optimizer/") {
  const NamedArrays arrays = weights_of(KERATIN_EXAMPLES "/digits_cnn.keras");
  const Array* iteration = find_array(arrays, "optimizer/vars/0");
  REQUIRE(iteration != nullptr);
  CHECK(iteration->dtype == DType::int64);
  CHECK(find_array(arrays, "conv1/kernel")->shape == std::vector<int64_t>{3, 3, 1, 16});
}

TEST_CASE("an architecture reads back what the tool wrote") {
  const TestFolder folder;
  const std::string model = case_file("graph_nested_functional.keras");
  REQUIRE(run_tool("weights '" + model + "' --outputs " + folder.path("w.npz")).status == 0);
  Problems problems;
  const std::optional<ReadModel> read = read_graph_of(model, std::nullopt, problems);
  REQUIRE(read);
  folder.write("m.json", read->file.config.dump());
  REQUIRE(run_tool("weights " + folder.path("m.json") + " --weights " + folder.path("w.npz") + " --outputs " + folder.path("again.npz")).status == 0);
  CHECK(folder.read("w.npz") == folder.read("again.npz"));
  CHECK(weights_of(model) == *read_arrays(folder.path("again.npz")));
}

TEST_CASE("weights that are not there are an error, and no file") {
  const TestFolder folder;
  Problems problems;
  const std::optional<ReadModel> read = read_graph_of(case_file("gru.keras"), std::nullopt, problems);
  REQUIRE(read);
  folder.write("m.json", read->file.config.dump());
  const ToolRun run = run_tool("weights " + folder.path("m.json") + " --outputs " + folder.path("w.npz"));
  CHECK(run.status == 2);
  CHECK(run.err.starts_with("error: " + folder.path("m.json")));
  CHECK(folder.names() == std::vector<std::string>{"m.json"});
}

}  // namespace
}  // namespace keratin
