// keratin fit and evaluate: options, data, files; by the reference engine, which needs no compiler.
#include <algorithm>
#include <catch2/catch.hpp>

#include "compiler/data/npz.h"
#include "tests/compiler/cli/run_tool.h"

namespace keratin {
namespace {

/// A softmax of three classes over two features, and a model without weights.
constexpr const char* kClassifier = R"({"class_name": "Sequential", "keras_version": "3.15.1", "config": {"name": "line", "layers": [
  {"class_name": "InputLayer", "config": {"batch_shape": [null, 2], "dtype": "float32", "name": "x"}},
  {"class_name": "Dense", "config": {"name": "out", "units": 3, "activation": "softmax", "dtype": "float32"}}]}})";
constexpr const char* kScale = R"({"class_name": "Sequential", "keras_version": "3.15.1", "config": {"name": "line", "layers": [
  {"class_name": "InputLayer", "config": {"batch_shape": [null, 1], "dtype": "float32", "name": "x"}},
  {"class_name": "Rescaling", "config": {"name": "half", "scale": 0.5, "offset": 1.0, "dtype": "float32"}}]}})";

const std::string kModel = case_file("optimizer_adam.keras") + " --data " + case_file("optimizer_adam.npz") + " -q --engine reference ";

ToolRun fit(const std::string& options) { return run_tool("fit " + kModel + options); }

/// After `"val_loss": `.
std::string validation_loss(const std::string& history) {
  const size_t begin = history.find("\"val_loss\": ");
  REQUIRE(begin != std::string::npos);
  return history.substr(begin, history.find(']', begin) - begin);
}

}  // namespace

TEST_CASE("options of fit that are wrong are named") {
  CHECK(fit("--early-stopping patience=-1,restore_best_weights=yes,start_from_epoch=1.5,odd=1,patience=3").err ==
        "error: --early-stopping: patience is given twice\n"
        "error: --early-stopping: odd: is none of monitor, min_delta, patience, mode, baseline, restore_best_weights, start_from_epoch\n"
        "error: --early-stopping: patience: '-1' is no whole number from 0\n"
        "error: --early-stopping: restore_best_weights: 'yes' is neither true nor false\n"
        "error: --early-stopping: start_from_epoch: '1.5' is no whole number from 0\n");
  CHECK(fit("--early-stopping min_delta=,baseline=nan").err == "error: --early-stopping: baseline: 'nan' is no number\nerror: --early-stopping: min_delta: '' is no number\n");
  CHECK(fit("--class-weight 0.5=2,1=x,2").err == "error: --class-weight: '2' is no KEY=VALUE\nerror: --class-weight: '0.5' is no whole number\nerror: --class-weight: 1: 'x' is no number\n");
  CHECK(fit("--class-weight '{\"a\": 2}'").err == "error: --class-weight: class_weight 'a' is no class with a weight\n");
  CHECK(fit("--class-weight '{\"0\": 2'").status == 2);
}

TEST_CASE("places that cannot be written and kinds of files that are none are found before training") {
  const TestFolder folder;
  CHECK(fit("--save " + folder.path("none/a.keras")).err == "error: " + folder.path("none/a.keras") + ": cannot be written: No such file or directory\n");
  CHECK(fit("--history " + folder.path("")).err == "error: " + folder.path("") + ": cannot be written: Is a directory\n");
  folder.write("file", "");
  CHECK(fit("--checkpoint " + folder.path("file/{epoch}.keras")).err == "error: " + folder.path("file/{epoch}.keras") + ": cannot be written: Not a directory\n");
  CHECK(fit("--tensorboard " + folder.path("file")).err == "error: " + folder.path("file") + ": cannot be written: Not a directory\n");
  const std::string kinds = ": names no kind of file that can be written; .keras, .weights.h5, .h5, .hdf5 and .npz can\n";
  CHECK(fit("--save " + folder.path("a.txt")).err == "error: " + folder.path("a.txt") + kinds);
  CHECK(fit("--checkpoint " + folder.path("new/{epoch}")).err == "error: " + folder.path("new/{epoch}") + kinds);
  CHECK(folder.names() == std::vector<std::string>{"file"});
  CHECK(fit("--checkpoint " + folder.path("new/{epoch}.keras") + " --tensorboard " + folder.path("logs/run")).status == 0);
  CHECK(folder.names() == std::vector<std::string>{"file", "logs", "new"});
}

TEST_CASE("a part that is split off is evaluated without the weights of classes") {
  const TestFolder folder;
  const std::string split = "--learning-rate 0 --validation-split 0.5 --history ";
  CHECK(fit(split + folder.path("plain.json")).status == 0);
  CHECK(fit(split + folder.path("weighted.json") + " --class-weight 0=5,1=7,2=9").status == 0);
  CHECK(fit(split + folder.path("json.json") + " --class-weight '{\"0\": 5, \"1\": 7, \"2\": 9}'").status == 0);
  CHECK(folder.read("weighted.json") == folder.read("json.json"));
  CHECK(folder.read("weighted.json") != folder.read("plain.json"));
  CHECK(validation_loss(folder.read("weighted.json")) == validation_loss(folder.read("plain.json")));
}

TEST_CASE("an architecture alone is trained from first values and saved in every container") {
  const TestFolder folder;
  folder.write("m.json", kClassifier);
  folder.write("d.csv", "a,kind,b\n1,oak,2\n3,ash,4\n-1,elm,0\n");
  const std::string data = " --data " + folder.path("d.csv") + " --target kind --engine reference ", loss = "--loss sparse_categorical_crossentropy --metrics accuracy ";
  const ToolRun first = run_tool("fit " + folder.path("m.json") + data + loss + "--verbose 0 --initialize 3 --epochs 2 --save " + folder.path("a.keras"));
  CHECK(first.err == "note: kind: class 0 is 'ash'\nnote: kind: class 1 is 'elm'\nnote: kind: class 2 is 'oak'\n");
  REQUIRE(first.status == 0);
  for (const char* name : {"b.h5", "c.npz"})
    CHECK(run_tool("fit " + folder.path("m.json") + data + loss + "-q --initialize 3 --epochs 2 --save " + folder.path(name)).status == 0);
  // The .h5 brings its compile configuration, and both go on alike.
  CHECK(run_tool("fit " + folder.path("b.h5") + data + "-q --save " + folder.path("b2.h5")).err.empty());
  CHECK(run_tool("fit " + folder.path("a.keras") + data + "-q --save " + folder.path("a2.keras")).err.empty());
  const ToolRun from_archive = run_tool("evaluate " + folder.path("a2.keras") + data + "-q"), from_h5 = run_tool("evaluate " + folder.path("b2.h5") + data + "-q --json");
  CHECK(from_archive.status == 0);
  CHECK(from_archive.out.starts_with("accuracy: "));
  CHECK(from_h5.out.starts_with("{\"accuracy\": "));
  const std::string loss_value = from_archive.out.substr(from_archive.out.find("loss: ") + 6);
  CHECK(from_h5.out.find("\"loss\": " + loss_value.substr(0, loss_value.size() - 1) + "}") != std::string::npos);
}

TEST_CASE("evaluate needs neither weights to train nor an optimizer") {
  const TestFolder folder;
  folder.write("m.json", kScale);
  folder.write("d.csv", "x,y\n1,2\n3,4\n");
  const std::string arguments = folder.path("m.json") + " --loss mse --metrics mae --data " + folder.path("d.csv") + " --target y --engine reference";
  const ToolRun evaluated = run_tool("evaluate " + arguments);
  CHECK(evaluated.err.empty());
  CHECK(evaluated.out == "loss: 1.25\nmae: 1.0\n");
  CHECK(run_tool("fit " + arguments).err == "error: " + folder.path("m.json") + ": the model has no weights to train\n");
  CHECK(run_tool("evaluate " + arguments + " --optimizer odd").status == 0);
}

TEST_CASE("a table needs its column of targets, other data have none") {
  const TestFolder folder;
  folder.write("m.json", kScale);
  folder.write("d.csv", "x,y\n1,2\n");
  const std::string front = "evaluate " + folder.path("m.json") + " --loss mse --engine reference --data ";
  CHECK(run_tool(front + folder.path("d.csv")).err == "error: " + folder.path("d.csv") + ": --target names the column that is to be predicted; there are x, y\n");
  CHECK(run_tool("evaluate " + kModel + "--target y").err == "error: " + case_file("optimizer_adam.npz") + ": --target is for .csv files\n");
}

TEST_CASE("a model of a fixed batch is trained in batches of its own") {
  const TestFolder folder;
  folder.write("m.json", R"({"class_name": "Sequential", "keras_version": "3.15.1", "config": {"name": "line", "layers": [
    {"class_name": "InputLayer", "config": {"batch_shape": [2, 1], "dtype": "float32", "name": "x"}},
    {"class_name": "Dense", "config": {"name": "out", "units": 1, "dtype": "float32"}}]}})");
  folder.write("d.csv", "x,y\n1,2\n3,4\n5,6\n7,8\n");
  const std::string arguments = folder.path("m.json") + " --initialize 1 --loss mse --data " + folder.path("d.csv") + " --target y -q --engine reference ";
  REQUIRE(run_tool("fit " + arguments + "--history " + folder.path("h.json")).err.empty());
  const std::string history = folder.read("h.json");
  const size_t losses = history.find("\"batch_loss\": [");
  REQUIRE(losses != std::string::npos);
  CHECK(std::count(history.begin() + static_cast<ptrdiff_t>(losses), history.end(), ',') == 1);
  CHECK(run_tool("fit " + arguments + "--batch-size 4").err == "error: batch_size 4: the model takes batches of 2\n");
}

TEST_CASE("a table is the input of predict, without its columns of targets") {
  const TestFolder folder;
  folder.write("m.json", kScale);
  folder.write("d.csv", "y,x\noak,2\nash,-4\n");
  const std::string arguments = "predict " + folder.path("m.json") + " --engine reference --outputs " + folder.path("o.npz") + " --inputs ";
  REQUIRE(run_tool(arguments + folder.path("d.csv") + " --target y").err.empty());
  const Result<NamedArrays> outputs = read_arrays(folder.path("o.npz"));
  REQUIRE(outputs);
  CHECK((*outputs)[0].second == Array::of({2, 1}, std::vector<float>{2, -1}));
  CHECK(run_tool(arguments + folder.path("d.csv")).err == "error: " + folder.path("d.csv") + ": line 2: y: 'oak' is no number\n");
  CHECK(run_tool(arguments + folder.path("d.csv") + " --target z").err == "error: " + folder.path("d.csv") + ": --target: there is no column 'z'; there are y, x\n");
  CHECK(run_tool(arguments + folder.path("o.npz") + " --target y").err == "error: " + folder.path("o.npz") + ": --target is for .csv files\n");
}

TEST_CASE("a table has targets of several outputs") {
  const TestFolder folder;
  const std::string from = R"(, "inbound_nodes": [{"args": [{"class_name": "__keras_tensor__", "config": {"shape": [null, 1], "dtype": "float32", "keras_history": ["x", 0, 0]}}], "kwargs": {}}]})";
  const std::string twice = R"({"class_name": "Rescaling", "name": "twice", "config": {"name": "twice", "scale": 2.0, "dtype": "float32"})";
  const std::string half = R"({"class_name": "Rescaling", "name": "half", "config": {"name": "half", "scale": 0.5, "dtype": "float32"})";
  folder.write("m.json", R"({"class_name": "Functional", "module": "keras", "keras_version": "3.15.1", "config": {"name": "m", "layers": [
    {"class_name": "InputLayer", "name": "x", "inbound_nodes": [], "config": {"batch_shape": [null, 1], "dtype": "float32", "name": "x"}}, )" + twice + from + ", " + half + from +
                             R"(], "input_layers": [["x", 0, 0]], "output_layers": [["twice", 0, 0], ["half", 0, 0]]}})");
  folder.write("d.csv", "twice,x,small\n1,1,1\n4,2,2\n");
  const std::string arguments = "evaluate " + folder.path("m.json") + " --loss twice=mse,half=mae --engine reference --data " + folder.path("d.csv") + " --target ";
  const ToolRun run = run_tool(arguments + "twice,half=small");
  CHECK(run.err.empty());
  CHECK(run.out == "half_loss: 0.75\nloss: 1.25\ntwice_loss: 0.5\n");
  CHECK(run_tool(arguments + "twice").err == "error: " + folder.path("d.csv") + ": --target: names no column of output 'half'\n");
}

}  // namespace keratin
