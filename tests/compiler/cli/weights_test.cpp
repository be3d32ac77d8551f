// keratin weights: paths, values, dtypes, and the way back.
#include <catch2/catch.hpp>
#include <functional>

#include "compiler/cli/weight_arrays.h"
#include "compiler/import/archive.h"
#include "tests/compiler/cli/run_tool.h"

namespace keratin {
namespace {

NamedArrays weights_of(const std::string& file) {
  Problems problems;
  std::optional<ReadModel> read = read_graph_of(file, std::nullopt, problems);
  std::optional<NamedArrays> arrays = read ? weight_arrays(*read, std::nullopt, problems) : std::nullopt;
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

/// One array of an .npz file changed by `change`, which may also add or remove; written to `path`.
void write_changed(const std::string& model, const std::string& path, const std::function<void(NamedArrays&)>& change) {
  NamedArrays arrays = weights_of(model);
  change(arrays);
  REQUIRE(write_npz(path, arrays).ok());
}

TEST_CASE("weights are put into a copy of the model, into every container") {
  const TestFolder folder;
  const std::string model = case_file("graph_nested_functional.keras");
  write_changed(model, folder.path("w.npz"), [](NamedArrays& arrays) { arrays[0].second.data<float>()[0] = 123; });
  for (const std::string name : {"m.keras", "m.h5", "m.hdf5", "m.weights.h5", "m.npz"}) {
    INFO(name);
    REQUIRE(run_tool("weights " + model + " --set " + folder.path("w.npz") + " -o " + folder.path(name)).status == 0);
  }
  const NamedArrays wanted = *read_arrays(folder.path("w.npz"));
  CHECK(weights_of(folder.path("m.keras")) == wanted);
  CHECK(weights_of(folder.path("m.h5")) == wanted);
  CHECK(folder.read("m.h5") == folder.read("m.hdf5"));
  CHECK(folder.read("m.npz") == folder.read("w.npz"));
  REQUIRE(run_tool("weights " + model + " --weights " + folder.path("m.weights.h5") + " --outputs " + folder.path("again.npz")).status == 0);
  CHECK(folder.read("again.npz") == folder.read("w.npz"));
}

TEST_CASE("models that were written again compute what was recorded of the first") {
  const TestFolder folder;
  for (const std::string name : {"bidirectional_concat.keras", "mha_self.keras", "batch_normalization.keras", "graph_shared_twice.keras", "k2_several_inputs_outputs.h5"}) {
    INFO(name);
    const std::string stem = name.substr(0, name.rfind('.'));
    for (const std::string& written : {"m" + name.substr(name.rfind('.')), std::string("m.h5")}) {
      REQUIRE(run_tool("weights " + case_file(name) + " -o " + folder.path(written)).status == 0);
      const ToolRun run = run_tool("check " + folder.path(written) + " " + case_file(stem + ".npz") + " --engine reference");
      INFO(run.out + run.err);
      CHECK(run.status == 0);
    }
  }
}

TEST_CASE("an architecture becomes a model with the weights that are set") {
  const TestFolder folder;
  const std::string model = case_file("gru.keras");
  Problems problems;
  folder.write("m.json", read_graph_of(model, std::nullopt, problems)->file.config.dump());
  REQUIRE(run_tool("weights " + model + " --outputs " + folder.path("w.npz")).status == 0);
  REQUIRE(run_tool("weights " + folder.path("m.json") + " --set " + folder.path("w.npz") + " -o " + folder.path("m.keras")).status == 0);
  CHECK(weights_of(folder.path("m.keras")) == weights_of(model));
}

TEST_CASE("first values by a seed, for an architecture and in place of what was trained") {
  const TestFolder folder;
  const std::string model = KERATIN_EXAMPLES "/digits_cnn.keras";
  Problems problems;
  folder.write("m.json", read_graph_of(model, std::nullopt, problems)->file.config.dump());
  for (const std::string& source : {model, folder.path("m.json")}) REQUIRE(run_tool("weights " + source + " --initialize 3 -o " + folder.path(source == model ? "a.keras" : "b.keras")).status == 0);
  const NamedArrays first = weights_of(folder.path("a.keras"));
  CHECK(first == weights_of(folder.path("b.keras")));
  CHECK(first.size() == 14);  // and no state of an optimizer
  CHECK(*find_array(first, "norm1/gamma") == Array::of<float>({16}, std::vector<float>(16, 1)));
  REQUIRE(run_tool("weights " + model + " --initialize 4 --outputs " + folder.path("other.npz")).status == 0);
  CHECK(!(*find_array(first, "conv1/kernel") == *find_array(*read_arrays(folder.path("other.npz")), "conv1/kernel")));
  CHECK(run_tool("weights " + model + " --initialize 4 --weights " + folder.path("other.npz") + " --outputs " + folder.path("w.npz")).status == 2);
}

TEST_CASE("a new head on trained layers: what --set does not name gets first values") {
  const TestFolder folder;
  const std::string model = KERATIN_EXAMPLES "/digits_cnn.keras", set = folder.path("base.npz"), out = folder.path("m.keras");
  const NamedArrays trained = weights_of(model);
  const auto set_file = [&](const std::function<void(NamedArrays&)>& change) {
    write_changed(model, set, [&](NamedArrays& arrays) {
      std::erase_if(arrays, [](const NamedArray& array) { return !array.first.starts_with("conv") && !array.first.starts_with("norm"); });
      change(arrays);
    });
    return run_tool("weights " + model + " --initialize 3 --set " + set + " -o " + out);
  };
  REQUIRE(set_file([](NamedArrays&) {}).status == 0);
  REQUIRE(run_tool("weights " + model + " --initialize 3 --outputs " + folder.path("first.npz")).status == 0);
  const NamedArrays first = *read_arrays(folder.path("first.npz")), made = weights_of(out);
  CHECK(made.size() == first.size());
  for (const auto& [name, array] : made) CHECK(array == *find_array(name.starts_with("conv") || name.starts_with("norm") ? trained : first, name));
  CHECK(set_file([](NamedArrays& arrays) { arrays[0].first = "conv9/kernel"; }).err == "error: " + set + ": conv9/kernel: the model has no such weight\n");
  CHECK(set_file([](NamedArrays& arrays) { arrays.emplace_back("optimizer/vars/0", Array::zeros(DType::int64, {})); }).err ==
        "error: " + set + ": optimizer/vars/0: the model keeps nothing of its optimizer there\n");
}

TEST_CASE("the optimizer's state is set whole, or stays") {
  const TestFolder folder;
  const std::string model = KERATIN_EXAMPLES "/digits_cnn.keras", out = folder.path("m.keras"), set = folder.path("w.npz");
  const auto run = [&] { return run_tool("weights " + model + " --set " + set + " -o " + out); };
  write_changed(model, set, [](NamedArrays& arrays) {
    for (auto& [name, array] : arrays)
      if (name == "optimizer/vars/0") array = Array::of<int32_t>({}, {77});  // of another width, as another backend writes it
  });
  REQUIRE(run().status == 0);
  CHECK(*find_array(weights_of(out), "optimizer/vars/0") == Array::of<int64_t>({}, {77}));
  write_changed(model, set, [](NamedArrays& arrays) { std::erase_if(arrays, [](const auto& array) { return array.first.starts_with("optimizer/"); }); });
  REQUIRE(run().status == 0);
  CHECK(weights_of(out) == weights_of(model));
  write_changed(model, set, [](NamedArrays& arrays) { std::erase_if(arrays, [](const auto& array) { return array.first == "optimizer/vars/1"; }); });
  CHECK(run().err == "error: " + set + ": optimizer/vars/1: is missing; the optimizer's state is given whole or not at all\n");
  write_changed(model, set, [](NamedArrays& arrays) { arrays.emplace_back("optimizer/vars/99", Array::zeros(DType::float32, {})); });
  CHECK(run().err == "error: " + set + ": optimizer/vars/99: the model keeps nothing of its optimizer there\n");
  write_changed(model, set, [](NamedArrays& arrays) { arrays.back().second = Array::zeros(DType::float32, {1, 2, 3}); });
  CHECK(run().err.find("has the shape (1, 2, 3), the optimizer's variable has (") != std::string::npos);
}

TEST_CASE("weights that do not fit are errors, one line each, and the old file stays") {
  const TestFolder folder;
  const std::string model = case_file("gru.keras"), out = folder.path("m.keras"), set = folder.path("w.npz");
  folder.write("m.keras", "old");
  write_changed(model, set, [](NamedArrays& arrays) {
    REQUIRE(arrays.size() == 3);
    arrays[0].second = Array::zeros(DType::float32, {3, 11});
    arrays[1].second = arrays[1].second.to(DType::float64);
    arrays[2].first = "rnn/bias";
  });
  const ToolRun run = run_tool("weights " + model + " --set " + set + " -o " + out);
  CHECK(run.status == 2);
  CHECK(run.err == "error: " + set + ": rnn/gru_cell/kernel: has the shape (3, 11), the weight has (3, 12)\n" +
                       "error: " + set + ": rnn/gru_cell/recurrent_kernel: is float64, the weight is float32\n" +
                       "error: " + set + ": rnn/gru_cell/bias: is missing; every weight of the model is wanted\n" +
                       "error: " + set + ": rnn/bias: the model has no such weight\n");
  CHECK(folder.read("m.keras") == "old");
  CHECK(run_tool("weights " + model + " --set " + folder.path("none.npz") + " -o " + out).err == "error: " + folder.path("none.npz") + ": no such file\n");
  CHECK(run_tool("weights " + model).status == 2);
  CHECK(run_tool("weights " + model + " --set " + set).status == 2);
  CHECK(folder.names() == std::vector<std::string>{"m.keras", "w.npz"});
}

TEST_CASE("a file that cannot be written leaves nothing but the old one") {
  const TestFolder folder;
  const std::string model = KERATIN_EXAMPLES "/digits_cnn.keras";
  for (const std::string name : {"m.keras", "m.h5", "m.weights.h5", "m.npz"}) {
    INFO(name);
    folder.write(name, "old");
    const ToolRun run = run_tool("weights " + model + " -o " + folder.path(name), "ulimit -f 8;");  // the disk is full
    CHECK(run.status == 2);
    CHECK(run.err.starts_with("error: " + folder.path(name) + ": cannot be written: "));
    CHECK(folder.read(name) == "old");
    const ToolRun nowhere = run_tool("weights " + model + " -o " + folder.path("none/" + name));
    CHECK(nowhere.status == 2);
    CHECK(nowhere.err.starts_with("error: " + folder.path("none/" + name) + ": cannot be written: "));
  }
  CHECK(folder.names() == std::vector<std::string>{"m.h5", "m.keras", "m.npz", "m.weights.h5"});
}

}  // namespace
}  // namespace keratin
