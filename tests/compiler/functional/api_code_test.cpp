// Recorded models as code: what `keratin code` wrote of them was compiled with this test, and makes the same models.
#include <catch2/catch.hpp>
#include <keratin/model.h>

#include "tests/compiler/functional/api_cases.h"
#include "tests/compiler/functional/recorded.h"

namespace {

using namespace keratin::functional;
using keratin::Json;

/// Keys of a configuration that say nothing of what a model is.
bool is_bookkeeping(const std::string& key) { return key == "shared_object_id" || key == "compile_config"; }

struct NotOffered {
  const char *key, *reason;
};
/// Keys that files have and layers made by code do not; the importer takes them at their defaults only.
constexpr NotOffered kNotOffered[] = {
    {"renorm", "BatchNormalization offers it not"},
    {"renorm_momentum", "BatchNormalization offers it not"},
    {"synchronized", "BatchNormalization offers it not"},
    {"rms_scaling", "LayerNormalization has no such argument any more"},
};

/// Options of a call that are false where they are not given.
bool is_flag(const std::string& key) { return key == "use_causal_mask" || key == "return_attention_scores"; }

bool is_empty(const Json& value) { return value.is_null() || (value.is_object() && value.as_object().empty()); }

/// The first place where a configuration differs; null and absent are the same.
std::string difference(const std::string& path, const Json& ours, const Json& keras) {
  if (ours.is_number() && keras.is_number() && ours.as_double() == keras.as_double()) return {};
  if (ours.is_object() && keras.is_object()) {
    static const Json null;
    for (const auto* side : {&keras, &ours})
      for (const auto& [key, value] : side->as_object()) {
        const Json *own = ours.find(key), *theirs = keras.find(key);
        if (is_bookkeeping(key) || (is_empty(own ? *own : null) && is_empty(theirs ? *theirs : null))) continue;
        if (key == "build_config" && (!theirs || !own)) continue;  // Keras leaves it out where `build` does nothing; wrappers build what they hold
        if (is_flag(key) && !own && *theirs == Json(false)) continue;
        if (!own && std::any_of(std::begin(kNotOffered), std::end(kNotOffered), [&key = key](const NotOffered& known) { return key == known.key; })) continue;
        if (std::string found = difference(path + "/" + key, own ? *own : null, theirs ? *theirs : null); !found.empty()) return found;
      }
    return {};
  }
  if (ours.is_array() && keras.is_array() && ours.as_array().size() == keras.as_array().size()) {
    for (size_t i = 0; i < ours.as_array().size(); ++i)
      if (std::string found = difference(path + "/" + std::to_string(i), ours.as_array()[i], keras.as_array()[i]); !found.empty()) return found;
    return {};
  }
  return ours == keras ? "" : path + ": " + ours.dump() + " for " + keras.dump();
}

}  // namespace

TEST_CASE("models made by generated code are those of their files") {
  set_engine(Engine::reference);
  const recorded::Limits limits = recorded::limits_of(KERATIN_API_CASES);
  int made = 0;
  for (const ApiCase& entry : api_cases()) {
    INFO(entry.name);
    try {
      const std::string file = std::string(KERATIN_API_CASES) + "/" + entry.name;
      const Model model = entry.make();
      const Model loaded = load_model(file + ".keras");
      CHECK(difference("", *Json::parse(model.to_json())->find("config"), *Json::parse(loaded.to_json())->find("config")) == "");
      if (loaded.count_params() > 0) model.load_weights(file + ".keras");
      const keratin::Result<keratin::NamedArrays> values = keratin::read_arrays(file + ".npz");
      REQUIRE(values);
      if (!recorded::has_texts(*values)) CHECK(recorded::difference(model, *values, limits.of(entry.name)) == "");
      ++made;
    } catch (const Exception& error) {
      FAIL_CHECK(error.what());
    }
  }
  CHECK(made > 2);
}
