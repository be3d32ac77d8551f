#include "compiler/export/configs.h"

#include <fmt/format.h>

#include "compiler/graph/version.h"

namespace keratin {

namespace {

/// Gives every object in a nest of lists and dictionaries its module, where it has none.
Json with_module(const Json& json, const char* module) {
  if (json.is_array()) {
    Json::Array list;
    for (const Json& element : json.as_array()) list.push_back(with_module(element, module));
    return list;
  }
  if (!json.is_object()) return json;
  if (json.find("class_name")) {
    if (json.find("module") || json.find("registered_name")) return json;
    Json::Object object{{"module", module}};
    for (const Json::Member& member : json.as_object()) object.push_back(member);
    object.emplace_back("registered_name", Json());
    return object;
  }
  Json::Object object;
  for (const Json::Member& member : json.as_object()) object.emplace_back(member.first, with_module(member.second, module));
  return object;
}

}  // namespace

Json training_config_of(const Json& compile_config) {
  if (!compile_config.is_object() || compile_config.as_object().empty()) return Json();  // {}: not compiled
  Json::Object training;
  for (const Json::Member& member : compile_config.as_object())
    if (member.first != "optimizer") training.push_back(member);
  static const Json standard = "rmsprop";  // of Model.compile; a training_config must name one
  const Json* optimizer = compile_config.find("optimizer");
  if (!optimizer || optimizer->is_null()) optimizer = &standard;
  if (optimizer->is_string()) {
    training.emplace_back("optimizer_config", Json::Object{{"class_name", *optimizer}, {"config", Json::Object{}}});
    return training;
  }
  Json::Object own;
  for (const char* key : {"class_name", "config"})
    if (const Json* value = optimizer->find(key)) own.emplace_back(key, *value);
  training.emplace_back("optimizer_config", std::move(own));
  return training;
}

Json compile_config_of(const Json& training_config) {
  if (!training_config.is_object()) return Json();
  Json::Object compiled;
  if (const Json* optimizer = training_config.find("optimizer_config")) {
    const Json *name = optimizer->find("class_name"), *config = optimizer->find("config");
    const bool plain = name && config && config->is_object() && config->as_object().empty();  // a name that compile was given
    compiled.emplace_back("optimizer", plain ? *name : with_module(*optimizer, "keras.optimizers"));
  }
  for (const auto& [key, value] : training_config.as_object()) {
    if (key == "optimizer_config") continue;
    const char* module = key == "loss" ? "keras.losses" : "keras.metrics";
    compiled.emplace_back(key, key == "loss" || key == "metrics" || key == "weighted_metrics" ? with_module(value, module) : value);
  }
  return compiled;
}

Result<Json> archive_config(const ModelFile& file) {
  if (file.container != Container::hdf5) return file.config;
  const std::string& class_name = file.config.find("class_name")->as_string();
  const bool sequential = class_name == "Sequential";
  if (!sequential && class_name != "Functional")
    return Error{fmt::format("{}: model_config: class_name is '{}'; Sequential and Functional can be written as .keras", file.path, class_name)};
  Json::Object config{{"module", sequential ? "keras" : "keras.src.models.functional"},
                      {"class_name", class_name},
                      {"config", *file.config.find("config")},
                      {"registered_name", sequential ? Json() : Json("Functional")}};
  config.emplace_back("compile_config", compile_config_of(file.training_config));
  return Json(std::move(config));
}

std::string written_version(const ModelFile& file) {
  return file.keras_version.find('.') == std::string::npos ? KerasVersion::parse(file.keras_version).text() : file.keras_version;
}

}  // namespace keratin
