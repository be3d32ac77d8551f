// Opens the model files of the recorded cases, where they are beside the project.
#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "compiler/import/model_file.h"
#include "compiler/json/json.h"
#include "tests/compiler/test_files.h"

namespace keratin {
namespace {

/// Refused files whose container is at fault; in the others something that they describe is.
const std::set<std::string> kBadContainers = {
    "reject_config_cut", "reject_config_missing", "reject_config_not_json", "reject_inflated_config", "reject_json_depth",
    "reject_not_a_model", "reject_npz_weights", "reject_path_traversal", "reject_truncated_h5", "reject_truncated_weights",
    "reject_truncated_zip", "reject_weights_missing", "reject_weights_only_h5", "reject_zero_bytes", "reject_zero_bytes_h5"};

bool contains(std::string text, std::string word) {
  const auto lower = [](std::string& s) {
    for (char& c : s) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  };
  lower(text);
  lower(word);
  return text.find(word) != std::string::npos;
}

std::string text_of(const Json& entry, const char* key) {
  const Json* value = entry.find(key);
  return value && value->is_string() ? value->as_string() : std::string();
}

/// Everything in the file can be read.
void check_readable(const ModelFile& file) {
  CHECK_FALSE(file.keras_version.empty());
  if (!file.weights) return;
  for (const StoredArray& array : file.weights->arrays()) {
    const Result<Array> value = file.weights->read(array);
    INFO((value ? "" : value.error()));
    REQUIRE(value.ok());
    CHECK(value->shape == array.shape);
  }
}

void check_case(const std::string& folder, const Json& entry) {
  std::string model = folder + text_of(entry, "model");
  std::optional<std::string> weights;
  if (const std::string name = text_of(entry, "weights"); !name.empty()) weights = folder + name;
  if (const std::string name = text_of(entry, "architecture"); !name.empty()) {
    weights = model;
    model = folder + name;
  }
  INFO(model);
  const Result<ModelFile> file = read_model_file(model, weights);
  const std::string name = text_of(entry, "case");
  const bool bad = kBadContainers.contains(name) || name.starts_with("notmodel__");
  INFO((file ? "" : file.error()));
  CHECK(file.ok() == !bad);
  if (file) return check_readable(*file);
  CHECK(contains(file.error(), model));
  const Json* words = entry.find("words");
  REQUIRE(words);
  for (const Json& word : words->as_array()) CHECK(contains(file.error(), word.as_string()));
}

TEST_CASE("every recorded model file opens or is refused with its words") {
  size_t cases = 0;
  for (const char* name : {"conformance/layers/", "conformance/training/", "corpus/", "corpus/peers/dl4j/", "corpus/peers/lwtnn/",
                           "corpus/peers/rtneural/"}) {
    const std::string folder = std::string(KERATIN_SHARED_DIR "/") + name;
    if (!std::filesystem::exists(folder + "cases.json")) continue;
    const Result<Json> list = Json::parse(TestFolder::read_whole(folder + "cases.json"));
    REQUIRE(list.ok());
    std::set<std::string> seen;
    for (const Json& entry : list->as_array())
      if (seen.insert(text_of(entry, "model")).second) check_case(folder, entry);
    cases += seen.size();
  }
  CHECK(cases > 0);
}

}  // namespace
}  // namespace keratin
