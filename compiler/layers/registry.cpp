// The registry: layers.def names each layer's definition, operations come from their tables; aliases are the class names of older versions.
#include <algorithm>
#include <map>
#include <mutex>

#include "compiler/layers/layer.h"
#include "compiler/operations/operation.h"

namespace keratin {

#define KERATIN_LAYER(Name, ...) const LayerDefinition& layer_##Name();
#include "compiler/layers/layers.def"
#undef KERATIN_LAYER

namespace {

const std::map<std::string_view, const LayerDefinition*>& registry() {
  static const std::map<std::string_view, const LayerDefinition*> by_name = [] {
    std::map<std::string_view, const LayerDefinition*> map;
    const auto add = [&](const LayerDefinition& definition) {
      map[definition.name] = &definition;
      for (std::string_view alias : definition.aliases) map[alias] = &definition;
    };
#define KERATIN_LAYER(Name, ...) add(layer_##Name());
#include "compiler/layers/layers.def"
#undef KERATIN_LAYER
    for (const LayerDefinition& definition : operation_definitions()) add(definition);
    return map;
  }();
  return by_name;
}

}  // namespace

namespace {

/// Classes of a program's own.
struct Added {
  std::mutex mutex;
  std::map<std::string, LayerDefinition, std::less<>> definitions;  // never removed: pointers to them stay
};
Added& added() {
  static Added the;
  return the;
}

}  // namespace

void add_layer_definition(const std::string& name, std::function<std::unique_ptr<Layer>()> create) {
  const std::lock_guard lock(added().mutex);
  const auto entry = added().definitions.try_emplace(name).first;
  entry->second.name = entry->first;
  entry->second.create = std::move(create);
}

const LayerDefinition* find_layer(std::string_view class_name) {
  const auto found = registry().find(class_name);
  if (found != registry().end()) return found->second;
  const std::lock_guard lock(added().mutex);
  const auto own = added().definitions.find(class_name);
  return own == added().definitions.end() ? nullptr : &own->second;
}

std::vector<const LayerDefinition*> all_layers() {
  std::vector<const LayerDefinition*> definitions;
  for (const auto& [name, definition] : registry())
    if (name == definition->name) definitions.push_back(definition);
  return definitions;
}

}  // namespace keratin
