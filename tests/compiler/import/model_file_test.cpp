#include "compiler/import/model_file.h"

#include <catch2/catch.hpp>

#include "compiler/data/npz.h"
#include "tests/compiler/import/model_files.h"
#include "tests/compiler/test_files.h"

namespace keratin {
namespace {

using Catch::Contains;
using Catch::EndsWith;

ModelFile read(const TestFolder& folder, const std::string& name, const std::optional<std::string>& weights = std::nullopt) {
  Result<ModelFile> file = read_model_file(folder.path(name), weights ? std::optional(folder.path(*weights)) : std::nullopt);
  INFO((file ? "" : file.error()));
  REQUIRE(file.ok());
  return *std::move(file);
}

/// The message without the folder of the test, which it must name.
std::string error_of(const TestFolder& folder, const std::string& name, const std::optional<std::string>& weights = std::nullopt) {
  const Result<ModelFile> file = read_model_file(folder.path(name), weights ? std::optional(folder.path(*weights)) : std::nullopt);
  if (file) return "";
  std::string message = file.error();
  const std::string prefix = folder.path("");
  CHECK(message.find(prefix) != std::string::npos);
  for (size_t at = 0; (at = message.find(prefix)) != std::string::npos;) message.erase(at, prefix.size());
  return message;
}

std::vector<float> values(const WeightStore& store, const std::string& path) {
  const StoredArray* array = store.find(path);
  REQUIRE(array);
  return store.read(*array)->as<float>();
}

TEST_CASE("a .keras archive gives configuration, compile configuration, version and weights by object path") {
  const TestFolder folder;
  write_archive(folder.path("wrong_name.h5"), object_weights());
  const ModelFile file = read(folder, "wrong_name.h5");
  CHECK(file.container == Container::keras_archive);
  CHECK(file.config.dump() == kConfig3);
  CHECK(file.compile_config.dump() == R"({"optimizer": "adam"})");
  CHECK(file.training_config.is_null());
  CHECK(file.keras_version == "3.15.1");
  CHECK(file.archive != nullptr);
  REQUIRE(file.weights);
  const WeightStore& store = *file.weights;
  CHECK(store.layout() == WeightLayout::object_paths);
  CHECK(store.name() == folder.path("wrong_name.h5: model.weights.h5"));
  CHECK(store.arrays().size() == 3);
  CHECK(values(store, "layers/dense/vars/0") == std::vector<float>{1, 2});
  CHECK(store.find("layers/dense/vars/0")->shape == std::vector<int64_t>{2, 1});
  CHECK(store.find("layers/dense/vars/0")->dtype == DType::float32);
  CHECK(store.find("layers/dense/vars/2") == nullptr);
  CHECK(store.owner_name(*store.find("layers/dense/vars/1")).value() == "first");
  CHECK(store.owner_name(*store.find("layers/dense_1/vars/0")).value() == std::nullopt);
}

TEST_CASE("a legacy .h5 gives ordered lists per layer") {
  const TestFolder folder;
  folder.write("m.keras", std::string(legacy_model().text()));
  const ModelFile file = read(folder, "m.keras");
  CHECK(file.container == Container::hdf5);
  CHECK(file.config.dump() == kConfig2);
  CHECK(file.training_config.find("loss")->as_string() == "mse");
  CHECK(file.keras_version == "2.2.4-tf");
  CHECK(file.backend == "tensorflow");
  const WeightStore& store = *file.weights;
  CHECK(store.layout() == WeightLayout::layer_lists);
  CHECK(store.keras_version() == "2.2.4-tf");
  CHECK(store.backend() == "tensorflow");
  REQUIRE(store.layers().size() == 3);
  CHECK(store.layers()[0].name == "z");
  CHECK(store.layers()[1].name == "empty");
  CHECK(store.layers()[1].arrays.empty());
  CHECK(store.layers()[2].name == "a/b");
  REQUIRE(store.layers()[0].arrays.size() == 2);
  CHECK(store.arrays()[store.layers()[0].arrays[0]].path == "z/gamma");
  CHECK(store.arrays()[store.layers()[0].arrays[1]].path == "z/beta");
  CHECK(values(store, "a/b/b/kernel:0") == std::vector<float>{1, 2});
  CHECK(values(store, "a/b/b/bias:0") == std::vector<float>{3, 4});
  REQUIRE(store.optimizer().size() == 1);
  CHECK(store.read(store.arrays()[store.optimizer()[0]]).value() == Array::of<int64_t>({}, {7}));
  CHECK(store.top_level().empty());
}

TEST_CASE("a JSON architecture takes its weights from any weight file") {
  const TestFolder folder;
  folder.write("m.json", "\xef\xbb\xbf\n" + kConfig3);
  CHECK(read(folder, "m.json").weights == nullptr);
  CHECK(read(folder, "m.json").keras_version == "3");
  CHECK_THAT(missing_weights_error(read(folder, "m.json")).message,
             Contains("m.json: is an architecture without weights; give them with --weights FILE"));

  folder.write("objects.h5", std::string(object_weights().text()));
  CHECK(values(*read(folder, "m.json", "objects.h5").weights, "layers/dense_1/vars/0") == std::vector<float>{4, 5});
  write_archive(folder.path("other.keras"), object_weights());
  CHECK(values(*read(folder, "m.json", "other.keras").weights, "layers/dense_1/vars/0") == std::vector<float>{4, 5});

  Hdf5Writer legacy;
  add_layer_lists(legacy, "");
  folder.write("legacy.h5", std::string(legacy.image().text()));
  CHECK(values(*read(folder, "m.json", "legacy.h5").weights, "z/beta") == std::vector<float>{6});

  const NamedArrays named = {{"first/kernel", Array::of<float>({2}, {8, 9})}, {"first/bias", Array::zeros(DType::float32, {1})}};
  REQUIRE(write_npz(folder.path("w.npz"), named).ok());
  const ModelFile by_name = read(folder, "m.json", "w.npz");
  CHECK(by_name.weights->layout() == WeightLayout::weight_paths);
  CHECK(values(*by_name.weights, "first/kernel") == std::vector<float>{8, 9});
}

TEST_CASE("a model file's own weights are not looked at when others are given") {
  const TestFolder folder;
  write_archive(folder.path("m.keras"), Bytes());
  folder.write("w.h5", std::string(object_weights().text()));
  CHECK(read(folder, "m.keras", "w.h5").weights->name() == folder.path("w.h5"));
  CHECK(error_of(folder, "m.keras") == "m.keras: model.weights.h5: is no HDF5 file");
}

TEST_CASE("weights in several files are joined") {
  const TestFolder folder;
  folder.write("m.json", kConfig3);
  folder.write("w_00000.weights.h5", std::string(object_weights().text()));
  Hdf5Writer second;
  for (const char* group : {"layers", "layers/dense_1", "layers/dense_1/vars"}) second.group(group);
  second.dataset("layers/dense_1/vars/1", Array::of<float>({2}, {6, 7}));
  folder.write("w_00001.weights.h5", std::string(second.image().text()));
  const auto write_map = [&](const std::string& map) {
    folder.write("w.weights.json", R"({"metadata": {"total_size": 1.0}, "weight_map": )" + map + "}");
  };
  write_map(R"({"/layers/dense/vars": "w_00000.weights.h5", "/layers/dense_1/vars": ["w_00000.weights.h5", "w_00001.weights.h5"]})");
  const ModelFile file = read(folder, "m.json", "w.weights.json");
  CHECK(file.weights->arrays().size() == 4);
  CHECK(values(*file.weights, "layers/dense_1/vars/0") == std::vector<float>{4, 5});
  CHECK(values(*file.weights, "layers/dense_1/vars/1") == std::vector<float>{6, 7});
  CHECK(file.weights->owner_name(*file.weights->find("layers/dense/vars/0")).value() == "first");

  write_map(R"({"/layers/dense/vars": "w_00007.weights.h5"})");
  CHECK(error_of(folder, "m.json", "w.weights.json") == "w.weights.json: w_00007.weights.h5: no such file");
  write_map(R"({"/layers/dense/vars": "../w_00000.weights.h5"})");
  CHECK(error_of(folder, "m.json", "w.weights.json") ==
        "w.weights.json: weight_map: '/layers/dense/vars' names '../w_00000.weights.h5', which is no file beside it");
  write_map(R"({"/layers/lstm/vars": "w_00000.weights.h5"})");
  CHECK(error_of(folder, "m.json", "w.weights.json") == "w.weights.json: weight_map: '/layers/lstm/vars' is not in w_00000.weights.h5");
  write_map(R"({"/layers/dense/vars": 3})");
  CHECK(error_of(folder, "m.json", "w.weights.json") == "w.weights.json: weight_map: '/layers/dense/vars' names no file");
  folder.write("w_00002.weights.h5", std::string(object_weights().text()));
  write_map(R"({"/layers/dense/vars": ["w_00000.weights.h5", "w_00002.weights.h5"]})");
  CHECK(error_of(folder, "m.json", "w.weights.json") == "w.weights.json: holds 'layers/dense/vars/0' twice");
  CHECK_THAT(error_of(folder, "w.weights.json"), Contains("lists weight files but holds no architecture"));
}

TEST_CASE("the version is the file's own, or the first dialect that did not say it") {
  const TestFolder folder;
  const auto version = [&](const std::string& json) {
    folder.write("m.json", json);
    return read(folder, "m.json").keras_version;
  };
  CHECK(version(R"({"class_name": "Sequential", "config": []})") == "1");
  CHECK(version(R"({"class_name": "Sequential", "config": [], "keras_version": "1.2.2"})") == "1.2.2");
  CHECK(version(R"("{\"class_name\": \"Model\", \"config\": {}, \"keras_version\": \"2.0.8\"}")") == "2.0.8");
  Hdf5Writer writer;
  writer.text_attribute("", "model_config", R"({"class_name": "Sequential", "config": []})");
  writer.list_attribute("", "layer_names", {});
  folder.write("m.h5", std::string(writer.image().text()));
  CHECK(read(folder, "m.h5").keras_version == "1");
  CHECK(read(folder, "m.h5").backend.empty());
  CHECK(read(folder, "m.h5").weights->keras_version().empty());
}

TEST_CASE("what is no model is refused with the reason") {
  const TestFolder folder;
  folder.write("empty.keras", "");
  folder.write("image.keras", "\x89PNG\r\n");
  folder.write("pointer.keras", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
  folder.write("dense.json", R"({"name": "dense"})");
  folder.write("list.json", "[1, 2]");
  folder.write("cut.json", "{\"class_name\": ");
  folder.write("objects.h5", std::string(object_weights().text()));
  Hdf5Writer legacy;
  add_layer_lists(legacy, "");
  folder.write("legacy.h5", std::string(legacy.image().text()));
  Hdf5Writer other;
  other.dataset("temperature", Array::of<float>({1}, {20}));
  folder.write("other.h5", std::string(other.image().text()));
  CHECK(error_of(folder, "absent.keras") == "absent.keras: no such file");
  CHECK(error_of(folder, "empty.keras") == "empty.keras: the file is empty");
  CHECK(error_of(folder, "image.keras") == "image.keras: is neither a .keras archive (zip), nor HDF5, nor JSON");
  CHECK(error_of(folder, "pointer.keras") == "pointer.keras: is a Git LFS pointer, not the model; fetch it with `git lfs pull`");
  CHECK(error_of(folder, "dense.json") == "dense.json: no Keras architecture: an object with class_name and config is wanted");
  CHECK(error_of(folder, "list.json") == "list.json: no Keras architecture: an object with class_name and config is wanted");
  CHECK(error_of(folder, "cut.json") == "cut.json: not JSON at byte 16: unexpected end of text");
  for (const char* name : {"objects.h5", "legacy.h5"})
    CHECK(error_of(folder, name) == std::string(name) + ": the HDF5 file holds weights but no architecture (no model_config); "
                                                        "give the architecture's .json file as the model and this one with --weights");
  CHECK(error_of(folder, "other.h5") == "other.h5: the HDF5 file holds no model of Keras: no architecture (model_config) and no weights");
  folder.write("config.h5", std::string(legacy_model("{\"a\"").text()));
  CHECK(error_of(folder, "config.h5") == "config.h5: model_config: not JSON at byte 5: unexpected end of text");

  std::filesystem::create_directory(folder.path("saved"));
  CHECK(error_of(folder, "saved") == "saved: is a directory; a .keras, .h5 or .json file is wanted");
  folder.write("saved/saved_model.pb", "x");
  CHECK_THAT(error_of(folder, "saved"), Contains("saved: is a TensorFlow SavedModel"));
}

TEST_CASE("weight files that hold none are refused with the reason") {
  const TestFolder folder;
  folder.write("m.json", kConfig3);
  folder.write("empty", "");
  folder.write("text", "hello");
  Hdf5Writer other;
  other.dataset("temperature", Array::of<float>({1}, {20}));
  folder.write("other.h5", std::string(other.image().text()));
  Hdf5Writer missing;
  missing.group("d");
  missing.list_attribute("", "layer_names", {"d"});
  missing.list_attribute("d", "weight_names", {"d/kernel:0"});
  folder.write("missing.h5", std::string(missing.image().text()));
  CHECK(error_of(folder, "m.json", "absent") == "absent: no such file");
  CHECK(error_of(folder, "m.json", "empty") == "empty: is empty");
  CHECK(error_of(folder, "m.json", "text") == "text: holds no weights: is neither HDF5, nor an .npz archive, nor a .weights.json list");
  CHECK_THAT(error_of(folder, "m.json", "m.json"),
             EndsWith("is JSON, but no list of weight files (no weight_map); HDF5, .npz and .weights.json hold weights"));
  CHECK(error_of(folder, "m.json", "other.h5") == "other.h5: the HDF5 file holds no weights of Keras: neither layer_names nor layers");
  CHECK(error_of(folder, "m.json", "missing.h5") == "missing.h5: the list of weights of 'd' names 'd/kernel:0', which is not in the file");
}

}  // namespace
}  // namespace keratin
