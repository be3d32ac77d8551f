#include "compiler/functional/serialized.h"

#include <algorithm>
#include <fmt/format.h>

#include "compiler/functional/state.h"

namespace keratin::functional {

namespace {

/// A class that a name stands for, with the config of its default arguments as JSON.
struct Named {
  const char* name;
  const char* class_name;
  const char* config;
};

constexpr Named kInitializers[] = {
    {"constant", "Constant", R"({"value": 0.0})"},
    {"glorot_normal", "GlorotNormal", R"({"seed": null})"},
    {"glorot_uniform", "GlorotUniform", R"({"seed": null})"},
    {"he_normal", "HeNormal", R"({"seed": null})"},
    {"he_uniform", "HeUniform", R"({"seed": null})"},
    {"identity", "Identity", R"({"gain": 1.0})"},
    {"lecun_normal", "LecunNormal", R"({"seed": null})"},
    {"lecun_uniform", "LecunUniform", R"({"seed": null})"},
    {"normal", "RandomNormal", R"({"seed": null, "mean": 0.0, "stddev": 0.05})"},
    {"ones", "Ones", "{}"},
    {"orthogonal", "Orthogonal", R"({"seed": null, "gain": 1.0})"},
    {"random_normal", "RandomNormal", R"({"seed": null, "mean": 0.0, "stddev": 0.05})"},
    {"random_uniform", "RandomUniform", R"({"seed": null, "minval": -0.05, "maxval": 0.05})"},
    {"truncated_normal", "TruncatedNormal", R"({"seed": null, "mean": 0.0, "stddev": 0.05})"},
    {"uniform", "RandomUniform", R"({"seed": null, "minval": -0.05, "maxval": 0.05})"},
    {"variance_scaling", "VarianceScaling", R"({"seed": null, "scale": 1.0, "mode": "fan_in", "distribution": "truncated_normal"})"},
    {"zeros", "Zeros", "{}"},
};
constexpr Named kRegularizers[] = {
    {"l1", "L1", R"({"l1": 0.01})"},
    {"l1_l2", "L1L2", R"({"l1": 0.0, "l2": 0.0})"},
    {"l2", "L2", R"({"l2": 0.01})"},
    {"orthogonal_regularizer", "OrthogonalRegularizer", R"({"factor": 0.01, "mode": "rows"})"},
};
constexpr Named kConstraints[] = {
    {"max_norm", "MaxNorm", R"({"max_value": 2, "axis": 0})"},
    {"min_max_norm", "MinMaxNorm", R"({"min_value": 0.0, "max_value": 1.0, "rate": 1.0, "axis": 0})"},
    {"non_neg", "NonNeg", "{}"},
    {"unit_norm", "UnitNorm", R"({"axis": 0})"},
};

template <size_t N>
Json named(const Json& value, const Named (&table)[N], const char* kind) {
  if (!value.is_string()) return value;
  for (const Named& entry : table)
    if (value.as_string() == entry.name || value.as_string() == entry.class_name) return serialized_object(fmt::format("keras.{}s", kind), entry.class_name, *Json::parse(entry.config));
  throw ValueError(fmt::format("Could not interpret {} identifier: {}", kind, value.as_string()));
}

template <size_t N>
std::string standard_name(const std::string& class_name, const Json& config, const Named (&table)[N]) {
  for (const Named& entry : table)
    if (class_name == entry.class_name && same_config(config, *Json::parse(entry.config))) return entry.name;
  return {};
}

}  // namespace

bool same_config(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) return a.as_double() == b.as_double();
  if (a.is_array() && b.is_array()) return std::equal(a.as_array().begin(), a.as_array().end(), b.as_array().begin(), b.as_array().end(), same_config);
  if (!a.is_object() || !b.is_object()) return a == b;
  const auto holds = [](const Json& whole, const Json& part) {
    for (const auto& [key, value] : part.as_object()) {
      const Json* other = whole.find(key);
      if (!same_config(other ? *other : Json(), value)) return false;
    }
    return true;
  };
  return holds(a, b) && holds(b, a);
}

std::string standard_name(const Json& object) {
  const Json *class_name = object.find("class_name"), *module = object.find("module"), *config = object.find("config");
  if (!class_name || !class_name->is_string() || !module || !module->is_string() || !config) return {};
  const std::string& kind = module->as_string();
  if (kind == "keras.initializers") return standard_name(class_name->as_string(), *config, kInitializers);
  if (kind == "keras.regularizers") return standard_name(class_name->as_string(), *config, kRegularizers);
  if (kind == "keras.constraints") return standard_name(class_name->as_string(), *config, kConstraints);
  return {};
}

Json serialized_object(const std::string& module, const std::string& class_name, Json config) {
  return Json::Object{{"module", module}, {"class_name", class_name}, {"config", std::move(config)}, {"registered_name", Json()}};
}

Json serialized_initializer(const Json& value) { return named(value, kInitializers, "initializer"); }
Json serialized_regularizer(const Json& value) { return named(value, kRegularizers, "regularizer"); }
Json serialized_constraint(const Json& value) { return named(value, kConstraints, "constraint"); }
Json serialized_dtype(const std::string& policy) { return serialized_object("keras", "DTypePolicy", Json::Object{{"name", policy}}); }

Json serialized_layer(const LayerState& layer) {
  Json object = serialized_object(layer.module, layer.operation ? layer.class_name.substr(0, layer.class_name.size() - 3) : layer.class_name, layer.config);
  if (!layer.registered_name.empty()) object.set("registered_name", layer.registered_name);
  return object;
}

}  // namespace keratin::functional
