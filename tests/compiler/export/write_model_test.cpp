// Model files written back: what was set is read back, all else is as it was.
#include <catch2/catch.hpp>

#include "compiler/cli/weight_arrays.h"
#include "compiler/export/write_model.h"
#include "compiler/import/hdf5.h"
#include "tests/compiler/test_files.h"

namespace keratin {
namespace {

using Catch::Matchers::Contains;

const std::string kCases = KERATIN_TEST_DATA "/cases/";

/// A file that was read, with its weights and its optimizer's state.
struct Source {
  ReadModel read;
  NamedArrays weights, optimizer;
};

Source open_source(const std::string& file, const std::optional<std::string>& weights = std::nullopt) {
  Problems problems;
  std::optional<ReadModel> read = read_graph_of(file, weights, problems);
  std::optional<NamedArrays> arrays = read ? weight_arrays(*read, std::nullopt, problems) : std::nullopt;
  for (const std::string& message : problems.messages()) UNSCOPED_INFO(message);
  REQUIRE(arrays);
  Source source{std::move(*read), {}, {}};
  for (NamedArray& array : *arrays) (array.first.starts_with("optimizer/") ? source.optimizer : source.weights).push_back(std::move(array));
  return source;
}

/// Other values for every weight and variable, which 16 bits hold, too.
NamedArrays changed(NamedArrays arrays) {
  int64_t next = 1;
  for (auto& [name, array] : arrays) {
    std::vector<int64_t> values;
    for (int64_t i = 0; i < array.count(); ++i) values.push_back(next++ % 100);
    array = Array::of(array.shape, values).to(array.dtype);
  }
  return arrays;
}

NamedArrays sorted(NamedArrays arrays) {
  std::sort(arrays.begin(), arrays.end(), [](const NamedArray& a, const NamedArray& b) { return a.first < b.first; });
  return arrays;
}

void write(const Source& source, const SavedState& state, const std::string& path) {
  const Result<Done> written = write_model(source.read, state, path);
  if (!written) FAIL(written.error());
}

/// Every model of the project's cases that has weights.
std::vector<std::string> models_of(const std::string& directory) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("reject_") && (name.ends_with(".keras") || (name.ends_with(".h5") && !name.ends_with(".weights.h5")))) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// Writes changed weights into the source's own kind of file and reads them back; nothing else differs.
void check_round_trip(const std::string& file, const TestFolder& folder) {
  INFO(file);
  Problems problems;
  std::optional<ReadModel> read = read_graph_of(file, std::nullopt, problems);
  if (!read || !weight_arrays(*read, std::nullopt, problems)) return;  // models beyond what can be expanded are for other tests
  const Source source = open_source(file);
  SavedState state;
  state.weights = changed(source.weights);
  if (!source.optimizer.empty()) state.optimizer = changed(source.optimizer);
  const std::string path = folder.path(file.ends_with(".keras") ? "m.keras" : "m.h5");
  write(source, state, path);
  const Source again = open_source(path);
  CHECK(again.weights == state.weights);
  CHECK(sorted(again.optimizer) == sorted(state.optimizer.value_or(NamedArrays())));
  CHECK(again.read.file.config == source.read.file.config);
  CHECK(again.read.file.training_config == source.read.file.training_config);
  CHECK(again.read.file.keras_version == source.read.file.keras_version);
  if (!source.read.file.archive) return;
  REQUIRE(again.read.file.archive->entries().size() == source.read.file.archive->entries().size());
  for (size_t i = 0; i < source.read.file.archive->entries().size(); ++i) {
    const ZipEntry &before = source.read.file.archive->entries()[i], &after = again.read.file.archive->entries()[i];
    CHECK(after.name == before.name);
    if (before.name != "model.weights.h5") CHECK(again.read.file.archive->content(after)->text() == source.read.file.archive->content(before)->text());
  }
}

TEST_CASE("what is set in a file of every kind is read back, and nothing else changes") {
  const TestFolder folder;
  for (const std::string& file : models_of(kCases)) check_round_trip(file, folder);
  for (const char* recorded : {KERATIN_SHARED_DIR "/conformance/layers", KERATIN_SHARED_DIR "/conformance/training"})
    if (std::filesystem::exists(recorded))
      for (const std::string& file : models_of(recorded)) check_round_trip(file, folder);
}

/// The objects and attributes of two files are the same, and so are the arrays but those under `but`.
void check_same_tree(const Hdf5File& a, const Hdf5File& b, const std::string& group = "") {
  INFO(group);
  REQUIRE(a.members(group) == b.members(group));
  const auto values = [](const Result<std::vector<Hdf5Attribute>>& attributes) {
    NamedArrays list;
    for (const Hdf5Attribute& attribute : *attributes) list.emplace_back(attribute.name, attribute.value);
    return sorted(std::move(list));
  };
  CHECK(values(a.attributes(group)) == values(b.attributes(group)));
  for (const std::string& member : a.members(group)) {
    const std::string path = group.empty() ? member : group + "/" + member;
    REQUIRE(a.has_group(path) == b.has_group(path));
    if (a.has_group(path)) {
      check_same_tree(a, b, path);
      continue;
    }
    INFO(path);
    CHECK(values(a.attributes(path)) == values(b.attributes(path)));
    CHECK(*a.read(*a.find(path)) == *b.read(*b.find(path)));
  }
}

TEST_CASE("a file that gets its own weights is the same tree, and its own copy is the same file") {
  const TestFolder folder;
  for (const char* name : {"k2_several_inputs_outputs.h5", "graph_mixed_float16.keras", "stateful_lstm.keras"}) {
    const std::string file = kCases + name, end = file.substr(file.rfind('.'));
    const Source source = open_source(file);
    SavedState state;
    state.weights = source.weights;
    write(source, state, folder.path("a" + end));
    const Source again = open_source(folder.path("a" + end));
    check_same_tree(*source.read.file.weights->hdf5_files()[0], *again.read.file.weights->hdf5_files()[0]);
    write(again, state, folder.path("b" + end));
    CHECK(folder.read("a" + end) == folder.read("b" + end));
  }
}

TEST_CASE("the JSON of a configuration is written as Python wrote it") {
  for (const std::string& file : models_of(kCases)) {
    Result<ModelFile> read = read_model_file(file);
    REQUIRE(read.ok());
    if (!read->archive) continue;
    INFO(file);
    for (const ZipEntry& entry : read->archive->entries())
      if (entry.name == "config.json") CHECK(read->config.dump() == read->archive->content(entry)->text());
  }
}

TEST_CASE("containers of one dialect hold the same model") {
  const TestFolder folder;
  for (const char* name : {"batch_normalization", "bidirectional_concat", "graph_nested_functional", "graph_shared_twice", "mha_self", "stateful_lstm"}) {
    INFO(name);
    const Source source = open_source(kCases + name + std::string(".keras"));
    SavedState state;
    state.weights = changed(source.weights);
    write(source, state, folder.path("m.h5"));
    write(source, state, folder.path("m.weights.h5"));
    folder.write("m.json", source.read.file.config.dump());
    const Source legacy = open_source(folder.path("m.h5"));
    CHECK(legacy.weights == state.weights);
    CHECK(legacy.read.file.hdf5);
    write(legacy, state, folder.path("again.keras"));
    CHECK(open_source(folder.path("again.keras")).weights == state.weights);
    const Source architecture = open_source(folder.path("m.json"), folder.path("m.weights.h5"));
    CHECK(architecture.weights == state.weights);
    write(architecture, state, folder.path("third.keras"));
    CHECK(open_source(folder.path("third.keras")).weights == state.weights);
    write(source, state, folder.path("w.npz"));
    const Source loose = open_source(folder.path("m.json"), folder.path("w.npz"));
    CHECK(loose.weights == state.weights);
    write(loose, state, folder.path("fourth.weights.h5"));
    CHECK(open_source(folder.path("m.json"), folder.path("fourth.weights.h5")).weights == state.weights);
  }
}

TEST_CASE("weights in several files become one") {
  const TestFolder folder;
  const Source source = open_source(kCases + "k3_json_sharded_lstm.json", kCases + "k3_json_sharded_lstm.weights.json");
  SavedState state;
  state.weights = changed(source.weights);
  for (const char* name : {"m.keras", "m.h5"}) {
    write(source, state, folder.path(name));
    CHECK(open_source(folder.path(name)).weights == state.weights);
  }
  write(source, state, folder.path("m.weights.h5"));
  CHECK(open_source(kCases + "k3_json_sharded_lstm.json", folder.path("m.weights.h5")).weights == state.weights);
}

TEST_CASE("a dialect is not written into a container that it does not have") {
  const TestFolder folder;
  const std::string file = kCases + "k2_several_inputs_outputs.h5";
  const Source source = open_source(file);
  SavedState state;
  state.weights = source.weights;
  for (const char* name : {"m.keras", "m.weights.h5"}) {
    const Result<Done> written = write_model(source.read, state, folder.path(name));
    REQUIRE_FALSE(written.ok());
    CHECK(written.error() == folder.path(name) + ": " + file + " cannot be written so: tf.keras 2.21.0 wrote it, whose models are written as .h5, their weights as .npz");
  }
  state.compile_config = Json(Json::Object{{"optimizer", "sgd"}});
  CHECK_THAT(write_model(source.read, state, folder.path("m.h5")).error(), Contains("compile configuration cannot be replaced"));
  CHECK_THAT(write_model(source.read, state, folder.path("m.pt")).error(), Contains("names no kind of file"));
  CHECK(folder.names().empty());
}

TEST_CASE("a compile configuration is replaced, and nothing else of the configuration") {
  const TestFolder folder;
  const Source source = open_source(kCases + "batch_normalization.keras");
  SavedState state;
  state.weights = source.weights;
  state.optimizer = NamedArrays{{"optimizer/vars/0", Array::of<int64_t>({}, {7})}, {"optimizer/vars/1", Array::of<float>({}, {0.5F})}};
  const Json optimizer = Json::Object{{"module", "keras.optimizers"}, {"class_name", "SGD"}, {"config", Json::Object{{"name", "fast"}, {"learning_rate", 0.5}}}, {"registered_name", Json()}};
  const Json loss = Json::Object{{"module", "keras.losses"}, {"class_name", "MeanSquaredError"}, {"config", Json::Object{{"name", "mse"}}}, {"registered_name", Json()}};
  state.compile_config = Json(Json::Object{{"optimizer", optimizer}, {"loss", loss}, {"loss_weights", Json()}});
  write(source, state, folder.path("m.keras"));
  const Source again = open_source(folder.path("m.keras"));
  Json expected = source.read.file.config;
  expected.set("compile_config", *state.compile_config);
  CHECK(again.read.file.config == expected);
  CHECK(again.optimizer == *state.optimizer);
  CHECK(*again.read.file.weights->hdf5_files()[0]->text_attribute("optimizer/vars", "name") == "fast");

  write(again, {again.weights, {}, {}}, folder.path("m.h5"));
  const Source legacy = open_source(folder.path("m.h5"));
  const Json* written = legacy.read.file.training_config.find("optimizer_config");
  REQUIRE(written);
  CHECK(*written == Json(Json::Object{{"class_name", "SGD"}, {"config", *optimizer.find("config")}}));
  REQUIRE(legacy.optimizer.size() == 2);
  CHECK(legacy.optimizer[0].second == (*state.optimizer)[0].second);
  write(legacy, {legacy.weights, {}, {}}, folder.path("third.keras"));
  const Source third = open_source(folder.path("third.keras"));
  CHECK(*third.read.file.compile_config.find("optimizer") == optimizer);
  CHECK(third.optimizer == *state.optimizer);

  state.optimizer = NamedArrays();
  state.compile_config = Json();
  write(source, state, folder.path("none.keras"));
  CHECK(open_source(folder.path("none.keras")).optimizer.empty());
  CHECK(open_source(folder.path("none.keras")).read.file.compile_config.is_null());
}

TEST_CASE("a compile configuration that says little is one in both containers, and none is none") {
  const TestFolder folder;
  const Source source = open_source(kCases + "batch_normalization.keras");
  const auto through_legacy = [&](const Json& compile_config) {
    SavedState state{source.weights, NamedArrays(), compile_config};
    write(source, state, folder.path("m.h5"));
    const Source legacy = open_source(folder.path("m.h5"));
    write(legacy, {legacy.weights, {}, {}}, folder.path("m.keras"));
    return std::pair(legacy.read.file.training_config, open_source(folder.path("m.keras")).read.file.compile_config);
  };
  CHECK(through_legacy(Json::Object{}) == std::pair(Json(), Json()));
  CHECK(through_legacy(Json()) == std::pair(Json(), Json()));
  const auto [training, compiled] = through_legacy(Json::Object{{"loss", "mse"}});  // compile's own optimizer
  CHECK(*training.find("optimizer_config") == Json(Json::Object{{"class_name", "rmsprop"}, {"config", Json::Object{}}}));
  CHECK(compiled == Json(Json::Object{{"optimizer", "rmsprop"}, {"loss", "mse"}}));
}

TEST_CASE("a layer whose own variables are not all known is copied, but not made anew") {
  const std::string file = KERATIN_SHARED_DIR "/conformance/layers/spectral_normalization_dense.keras";
  if (!std::filesystem::exists(file)) return;
  const TestFolder folder;
  const Source source = open_source(file);
  write(source, {source.weights, {}, {}}, folder.path("m.keras"));
  CHECK(open_source(folder.path("m.keras")).weights == source.weights);
  write(source, {source.weights, {}, {}}, folder.path("m.h5"));
  const Source legacy = open_source(folder.path("m.h5"));
  CHECK_THAT(write_model(legacy.read, {legacy.weights, {}, {}}, folder.path("again.keras")).error(), Contains("SpectralNormalization keeps variables in Keras 3 files that are unknown here"));
}

/// What Keras recorded of an optimizer as a file would hold it: every variable is filled with its number.
NamedArrays recorded_state(const Json& order) {
  NamedArrays state;
  for (const auto& [place, number] : order.find("places")->as_object()) {
    const Json& variable = order.find("variables")->as_array()[static_cast<size_t>(number.as_int())];
    std::vector<int64_t> shape;
    for (const Json& extent : variable.find("shape")->as_array()) shape.push_back(extent.as_int());
    const int64_t count = element_count(shape).value();
    const DType dtype = variable.find("dtype")->as_string() == "float32" ? DType::float32 : variable.find("dtype")->as_string() == "int64" ? DType::int64 : DType::int32;
    state.emplace_back(place, Array::of(shape, std::vector<int64_t>(static_cast<size_t>(count), number.as_int())).to(dtype));
  }
  return state;
}

TEST_CASE("the state of every optimizer goes into a legacy file and comes back to all its places") {
  const TestFolder folder;
  const Source source = open_source(KERATIN_EXPORT_TESTS "/optimizer_orders.keras");
  const Result<Bytes> text = read_file(KERATIN_EXPORT_TESTS "/optimizer_orders.json");
  REQUIRE(text.ok());
  const Json orders = *Json::parse(text->text());
  for (const auto& [name, order] : orders.as_object()) {
    INFO(name);
    SavedState state;
    state.weights = source.weights;
    state.optimizer = recorded_state(order);
    state.compile_config = Json(Json::Object{{"optimizer", *order.find("optimizer")}, {"loss", Json::Object{{"class_name", "MeanSquaredError"}, {"config", Json::Object{}}}}});
    write(source, state, folder.path("m.keras"));
    const Source model = open_source(folder.path("m.keras"));
    write(model, {model.weights, {}, {}}, folder.path("m.h5"));
    const Source legacy = open_source(folder.path("m.h5"));
    CHECK(legacy.optimizer.size() == order.find("variables")->as_array().size());
    if (name == "adam") CHECK(legacy.optimizer[2].first == "optimizer/adam/conv_kernel_momentum");
    write(legacy, {legacy.weights, {}, {}}, folder.path("again.keras"));
    const Source again = open_source(folder.path("again.keras"));
    CHECK(sorted(again.optimizer) == sorted(*state.optimizer));
    CHECK(*again.read.file.compile_config.find("optimizer") == *order.find("optimizer"));
  }
}

}  // namespace
}  // namespace keratin
