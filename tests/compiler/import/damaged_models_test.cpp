// Models whose configurations are wrong in one place or several, taken through the whole front half of the tool: they give problems that name
// the file, or another sound model, within bounded time; never a failed check of ours, never a crash.
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "compiler/load.h"
#include "compiler/pipeline.h"
#include "ir/support/check.h"
#include "tests/compiler/import/model_files.h"
#include "tests/compiler/test_files.h"

namespace keratin {
namespace {

/// Changes a tree of JSON in one place: another kind of value, an extreme number, a part lost, doubled or taken from elsewhere.
class Mutator {
 public:
  Mutator(Json& root, std::mt19937& random) : root_(root), random_(random) {}

  void mutate() {
    Json& place = somewhere();
    switch (below(8)) {
      case 0: place = special(); return;
      case 1: place = Json(somewhere()); return;
      case 2:
        if (place.is_int()) place = Json(place.as_int() + static_cast<int64_t>(below(7)) - 3);
        else if (place.is_string()) place = Json(place.as_string() + "x");
        else place = special();
        return;
      case 3: lose(place); return;
      case 4: repeat(place); return;
      case 5: place = Json(Json::Array{place}); return;
      case 6:
        if (place.is_array()) std::shuffle(place.as_array().begin(), place.as_array().end(), random_);
        else place = special();
        return;
      default:
        if (place.is_int()) place = number();
        else place = special();
    }
  }

 private:
  size_t below(size_t bound) { return std::uniform_int_distribution<size_t>(0, bound - 1)(random_); }

  Json& somewhere() {
    Json* at = &root_;
    for (;;) {
      if (at != &root_ && below(6) == 0) return *at;
      if (at->is_array() && !at->as_array().empty()) at = &at->as_array()[below(at->as_array().size())];
      else if (at->is_object() && !at->as_object().empty()) at = &at->as_object()[below(at->as_object().size())].second;
      else return *at;
    }
  }

  Json number() {
    static constexpr int64_t kNumbers[] = {0, -1, -2, 1, 2, 7, 1000, 65537, 2147483647, -2147483648LL, 4294967296LL, INT64_MAX, INT64_MIN};
    return Json(kNumbers[below(std::size(kNumbers))]);
  }

  Json special() {
    static const std::vector<Json> kValues = {
        Json(), Json(true), Json(false), Json(""), Json("none"), Json("same"), Json("channels_first"), Json("float16"), Json("int8"), Json("string"),
        Json(0.5), Json(-1e308), Json(std::nan("")), Json(HUGE_VAL), Json(Json::Array{}), Json(Json::Object{}), Json(Json::Array{Json(), Json(3)}),
        Json(Json::Object{{"class_name", Json("Dense")}, {"config", Json(Json::Object{{"units", Json(2)}})}})};
    return below(3) == 0 ? number() : kValues[below(kValues.size())];
  }

  void lose(Json& place) {
    if (place.is_array() && !place.as_array().empty()) place.as_array().erase(place.as_array().begin() + static_cast<ptrdiff_t>(below(place.as_array().size())));
    else if (place.is_object() && !place.as_object().empty())
      place.as_object().erase(place.as_object().begin() + static_cast<ptrdiff_t>(below(place.as_object().size())));
    else place = Json();
  }

  void repeat(Json& place) {
    if (!place.is_array() || place.as_array().empty()) return void(place = special());
    const Json item = place.as_array()[below(place.as_array().size())];
    place.as_array().insert(place.as_array().begin() + static_cast<ptrdiff_t>(below(place.as_array().size())), item);
  }

  Json& root_;
  std::mt19937& random_;
};

/// Takes a file as far as the plan of its code. True where it was accepted.
bool survives(const std::string& path, const std::optional<std::string>& weights) {
  const auto begin = std::chrono::steady_clock::now();
  Problems problems;
  bool planned = false;
  try {
    if (std::optional<ReadModel> read = read_graph_of(path, weights, problems)) {
      ExpandOptions options;
      for (const InputSpec& spec : input_specs(*read->model)) {
        std::vector<int64_t> shape;
        for (int axis = 1; axis < spec.shape.rank(); ++axis) shape.push_back(spec.shape[axis].size > 0 ? spec.shape[axis].size : 6);
        if (!spec.open.empty()) options.shapes[spec.name] = shape;
      }
      ExpandedModel expanded = expand_and_bind(*read, options, problems);
      if (problems.empty()) {
        const Result<PlannedModel> plan = plan_model(std::move(expanded), path, {});
        planned = plan.ok();
        if (!plan) problems.add(plan.error());
      }
    }
  } catch (const InternalError& error) {
    FAIL_CHECK(error.condition << " (" << error.message << ") at " << error.file << ":" << error.line);
  } catch (const std::exception& error) {
    FAIL_CHECK(error.what());
  }
  for (const std::string& message : problems.messages())
    if (message.find(path) == std::string::npos && (!weights || message.find(*weights) == std::string::npos)) FAIL_CHECK("does not name the file: " << message);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (seconds > 10) FAIL_CHECK("took " << seconds << " s");
  return planned;
}

/// The configuration of a model file and a place for its weights that any configuration can be put beside.
struct Fixture {
  Json config;
  std::optional<std::string> weights;

  Fixture(const std::string& path, const std::optional<std::string>& weights_path, const TestFolder& folder) : weights(weights_path) {
    const Result<ModelFile> file = read_model_file(path, weights_path);
    REQUIRE(file.ok());
    config = file->config;
    if (!config.find("keras_version")) config.set("keras_version", Json(file->keras_version));
    if (weights) return;
    if (file->archive) {
      folder.write("w.h5", std::string(file->archive->weights().value().text()));
      weights = folder.path("w.h5");
    } else {
      weights = path;
    }
  }
};

/// Runs seeded mutations of a model; the number of those that were accepted.
int mutate_model(const std::string& path, const std::optional<std::string>& weights, int runs, unsigned seed) {
  const TestFolder folder;
  const Fixture fixture(path, weights, folder);
  int accepted = 0;
  for (int run = 0; run < runs; ++run) {
    std::mt19937 random(seed + static_cast<unsigned>(run));
    Json config = fixture.config;
    for (size_t changes = 1 + random() % 3; changes > 0; --changes) Mutator(config, random).mutate();
    folder.write("m.json", config.dump());
    INFO(path << ", seed " << seed + static_cast<unsigned>(run) << ": " << config.dump().substr(0, 6000));
    accepted += survives(folder.path("m.json"), fixture.weights);
  }
  return accepted;
}

std::string own(const char* name) { return std::string(KERATIN_TEST_DATA) + "/cases/" + name; }

TEST_CASE("sound models pass through the same path") {
  CHECK(survives(own("graph_nested_functional.keras"), std::nullopt));
  CHECK(survives(own("k2_several_inputs_outputs.h5"), std::nullopt));
  CHECK(survives(own("k3_json_sharded_lstm.json"), own("k3_json_sharded_lstm.weights.json")));
}

TEST_CASE("damaged configurations give problems") {
  constexpr int kRuns = 150;
  for (const char* name : {"graph_nested_functional.keras", "k2_several_inputs_outputs.h5", "bidirectional_concat.keras"})
    CHECK(mutate_model(own(name), std::nullopt, kRuns, 1) < kRuns * 9 / 10);
  CHECK(mutate_model(own("k3_json_sharded_lstm.json"), own("k3_json_sharded_lstm.weights.json"), kRuns, 1) < kRuns * 9 / 10);
}

// A few mutations of every model of a directory. KERATIN_FUZZ names another directory, KERATIN_FUZZ_RUNS how many from KERATIN_FUZZ_SEED on.
TEST_CASE("damaged configurations of a directory") {
  const char* given = std::getenv("KERATIN_FUZZ");
  const std::string directory = given ? given : KERATIN_TEST_DATA "/cases";
  int models = 0;
  const auto number = [](const char* name, int fallback) { return std::getenv(name) ? std::atoi(std::getenv(name)) : fallback; };
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const std::string path = entry.path().string();
    const bool model = path.ends_with(".keras") || (path.ends_with(".h5") && !path.ends_with(".weights.h5"));
    if (!model || !read_model_file(path).ok()) continue;
    ++models;
    mutate_model(path, std::nullopt, number("KERATIN_FUZZ_RUNS", 5), static_cast<unsigned>(number("KERATIN_FUZZ_SEED", 1)));
  }
  CHECK(models > 0);
}

}  // namespace
}  // namespace keratin
