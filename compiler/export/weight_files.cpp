#include "compiler/export/weight_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/export/configs.h"
#include "compiler/export/optimizer_order.h"
#include "compiler/import/bind_weights.h"
#include "compiler/layers/input_layer.h"

namespace keratin {

namespace {

constexpr const char* kModelWeights = "model_weights";
constexpr const char* kOptimizerWeights = "optimizer_weights";
constexpr std::string_view kOptimizer = "optimizer/";

const Array& value_of(const SavedState& state, const Weight& weight) {
  const Array* array = find_array(state.weights, weight.path);
  IR_CHECK(array && array->shape == weight.shape.at(0), "a saved state holds every weight of the model");
  return *array;
}

/// Replaces the weights' arrays in a copy. Counters keep the width that their file gives them, which differs between Keras's backends.
/// Errors: the source lacks a weight, as it may where first values stand in their place.
Result<Done> replace_weights(const ReadModel& source, const SavedState& state, Hdf5Content& content) {
  Problems problems;
  for (const WeightPlace& place : locate_weights(*source.model, *source.file.weights, source.file.path, problems)) {
    if (!place.array || !place.array->dtype)
      return Error{fmt::format("{}: {}: is not stored; a file that lacks it cannot be copied with new values", source.file.path, place.weight->path)};
    const Array& array = value_of(state, *place.weight);
    content.set(place.array->location, is_float(array.dtype) ? array : array.to(*place.array->dtype));
  }
  if (!problems.empty()) return Error{problems.messages().front()};
  return Done{};
}

const Json* optimizer_name(const Json& compile_config) {
  const Json* optimizer = compile_config.find("optimizer");
  const Json* config = optimizer ? optimizer->find("config") : nullptr;
  const Json* name = config ? config->find("name") : nullptr;
  return name && name->is_string() ? name : nullptr;
}

/// An optimizer's variables by place; those of a legacy file, which lists them in Keras's order, are given theirs.
NamedArrays placed(const NamedArrays& optimizer, const Json& compile_config, const Model& model) {
  if (find_array(optimizer, "optimizer/vars/0")) return optimizer;
  const std::vector<OptimizerVariable> order = stored_order(compile_config, model, optimizer.size());
  NamedArrays list;
  for (size_t i = 0; i < optimizer.size(); ++i) {
    if (order.empty()) list.emplace_back(fmt::format("optimizer/vars/{}", i), optimizer[i].second);
    else
      for (const std::string& place : order[i].places) list.emplace_back(place, optimizer[i].second);
  }
  return list;
}

/// Puts the optimizer's variables into a weight file of Keras 3 in the place of those that are there.
void set_object_optimizer(const NamedArrays& optimizer, const Json* compile_config, Hdf5Content& content) {
  std::vector<std::pair<std::string, Hdf5Attribute>> names;  // the groups' attributes
  if (!compile_config)
    for (const auto& [path, attributes] : content.groups())
      if (path.starts_with(kOptimizer))
        for (const Hdf5Attribute& attribute : attributes) names.emplace_back(path, attribute);
  content.remove("optimizer");
  if (optimizer.empty()) return;
  for (const auto& [place, array] : optimizer) content.set(place, array);
  for (auto& [path, attribute] : names)
    if (content.groups().contains(path)) content.set_attribute(path, std::move(attribute));
  if (const Json* name = compile_config ? optimizer_name(*compile_config) : nullptr) content.set_text("optimizer/vars", "name", name->as_string());
}

/// The groups and weights of a model in a new file.
Result<Done> add_objects(const ReadModel& source, const SavedState& state, Hdf5Content& content) {
  for (const ObjectGroup& group : object_groups(*source.model, [](const std::string&) { return false; })) {
    const std::string variables = group.path + "vars";
    content.set_text(variables, "name", group.layer->name);
    const std::vector<Weight*> weights = group.layer->ordered_weights();
    for (size_t i = 0; i < weights.size(); ++i) {
      const size_t number = weights[i]->stored_at.value_or(i);
      if (number >= weights.size())
        return Error{fmt::format("{}: {}: {} keeps variables in Keras 3 files that are unknown here; it can be copied from such a file, not made anew",
                                 source.file.path, group.layer->name, group.layer->class_name)};
      content.set(fmt::format("{}/{}", variables, number), value_of(state, *weights[i]));
    }
  }
  return Done{};
}

Json saved_compile_config(const ReadModel& source, const SavedState& state) {
  if (state.compile_config) return *state.compile_config;
  return source.file.compile_config.is_null() ? compile_config_of(source.file.training_config) : source.file.compile_config;
}

}  // namespace

bool copies_objects(const ReadModel& source) { return source.file.weights && source.file.weights->layout() == WeightLayout::object_paths; }

Result<NamedArrays> saved_optimizer(const ReadModel& source, const SavedState& state) {
  if (state.optimizer) return *state.optimizer;
  if (!source.file.weights) return NamedArrays{};  // an architecture
  return read_optimizer_state(*source.file.weights);
}

Result<Hdf5Content> object_weights(const ReadModel& source, const SavedState& state) {
  Hdf5Content content;
  if (copies_objects(source)) {
    for (const auto& file : source.file.weights->hdf5_files())
      if (const Result<Done> added = content.add_file(file); !added) return Error{added.error()};
    if (const Result<Done> replaced = replace_weights(source, state, content); !replaced) return Error{replaced.error()};
    if (state.optimizer) set_object_optimizer(*state.optimizer, state.compile_config ? &*state.compile_config : nullptr, content);
    return content;
  }
  if (const Result<Done> added = add_objects(source, state, content); !added) return Error{added.error()};
  const Result<NamedArrays> optimizer = saved_optimizer(source, state);
  if (!optimizer) return Error{optimizer.error()};
  const Json compile_config = saved_compile_config(source, state);
  set_object_optimizer(placed(*optimizer, compile_config, *source.model), &compile_config, content);
  return content;
}

namespace {

/// The name that a legacy file gives a variable: like `adam/dense_kernel_momentum`; where it is not known, its number.
std::string legacy_name(const NamedArray& variable, const std::vector<OptimizerVariable>& order, size_t number, const std::string& owner) {
  if (!variable.first.starts_with("optimizer/vars/")) return variable.first.substr(kOptimizer.size());
  if (order.empty() || order[number].name.empty()) return fmt::format("{}/variable_{}", owner, number);
  std::string name = order[number].name.substr(kOptimizer.size());
  std::replace(name.begin(), name.end(), '/', '_');
  return fmt::format("{}/{}", owner, name);
}

void set_legacy_optimizer(const NamedArrays& optimizer, const Json& compile_config, const Model& model, Hdf5Content& content) {
  content.remove(kOptimizerWeights);
  if (optimizer.empty()) return;
  const std::vector<const NamedArray*> variables = optimizer_variables(optimizer);
  const std::vector<OptimizerVariable> order = stored_order(compile_config, model, variables.size());
  const Json* owner = optimizer_name(compile_config);
  std::vector<std::string> names;
  for (size_t i = 0; i < variables.size(); ++i) {
    names.push_back(legacy_name(*variables[i], order, i, owner ? owner->as_string() : "optimizer"));
    content.set(fmt::format("{}/{}", kOptimizerWeights, names.back()), variables[i]->second);
  }
  content.set_list(kOptimizerWeights, "weight_names", names);
}

void add_layer_lists(const ReadModel& source, const SavedState& state, Hdf5Content& content) {
  const Model& model = *source.model;
  std::vector<std::string> layers;
  for (const GraphLayer& entry : model.layers) {
    if (!entry.layer || entry.layer->is_operation) continue;
    if (model.sequential && dynamic_cast<const InputLayer*>(entry.layer.get())) continue;
    layers.push_back(entry.name);
    const std::string group = fmt::format("{}/{}", kModelWeights, entry.name);
    std::vector<std::string> names;
    for (const Weight* weight : layer_list_weights(*entry.layer, model.version)) {
      names.push_back(weight->path + (model.version.keras3() ? "" : ":0"));
      content.set(group + "/" + names.back(), value_of(state, *weight));
    }
    content.set_list(group, "weight_names", names);
  }
  content.set_list(kModelWeights, "layer_names", layers);
  if (model.version.keras3() || model.version.tensorflow) content.set_list(fmt::format("{}/top_level_model_weights", kModelWeights), "weight_names", {});
}

}  // namespace

Result<Hdf5Content> legacy_model(const ReadModel& source, const SavedState& state) {
  Hdf5Content content;
  const ModelFile& file = source.file;
  const bool copied = file.hdf5 && file.weights && file.weights->hdf5_files() == std::vector{file.hdf5};
  if (copied) {
    if (const Result<Done> added = content.add_file(file.hdf5); !added) return Error{added.error()};
    if (const Result<Done> replaced = replace_weights(source, state, content); !replaced) return Error{replaced.error()};
    if (state.optimizer) set_legacy_optimizer(*state.optimizer, saved_compile_config(source, state), *source.model, content);
  } else {
    const std::string backend = file.backend.empty() ? "tensorflow" : file.backend;
    for (const char* group : {"", kModelWeights}) {
      content.set_text(group, "backend", backend);
      content.set_text(group, "keras_version", written_version(file));
    }
    content.set_text("", "model_config", Json(Json::Object{{"class_name", *file.config.find("class_name")}, {"config", *file.config.find("config")}}).dump());
    add_layer_lists(source, state, content);
    const Result<NamedArrays> optimizer = saved_optimizer(source, state);
    if (!optimizer) return Error{optimizer.error()};
    set_legacy_optimizer(*optimizer, saved_compile_config(source, state), *source.model, content);
  }
  if (copied && !state.compile_config) return content;
  const Json training = state.compile_config || file.container != Container::hdf5 ? training_config_of(saved_compile_config(source, state)) : file.training_config;
  content.remove_attribute("", "training_config");
  if (!training.is_null()) content.set_text("", "training_config", training.dump());
  return content;
}

}  // namespace keratin
