#include "compiler/cli/layer_table.h"

#include <algorithm>
#include <fmt/format.h>

#include "compiler/layers/layer.h"
#include "compiler/layers/missing_layers.h"
#include "ir/support/sort_stably.h"

namespace keratin {

namespace {

std::string state_text(const LayerState& state) {
  if (!state.forward) return fmt::format("no ({})", state.remark);
  return fmt::format("forward, gradient{}{}", state.remark.empty() ? "" : "; ", state.remark);
}

}  // namespace

std::vector<LayerState> layer_states() {
  std::vector<LayerState> states;
  for (const LayerDefinition* definition : all_layers()) {
    if (definition->name.ends_with(".op")) continue;
    states.push_back({std::string(definition->name), {definition->aliases.begin(), definition->aliases.end()}, true, true, std::string(definition->note)});
  }
  for (const MissingLayer& missing : missing_layers()) states.push_back({std::string(missing.name), {}, false, false, std::string(missing.reason)});
  std::sort(states.begin(), states.end(), [](const LayerState& a, const LayerState& b) { return a.name < b.name; });
  return states;
}

std::string layers_text() {
  size_t width = 0;
  const std::vector<LayerState> states = layer_states();
  for (const LayerState& state : states) width = std::max(width, state.name.size());
  std::string text;
  for (const LayerState& state : states) text += fmt::format("{:{}}  {}\n", state.name, width, state_text(state));
  return text;
}

Json layers_json() {
  Json::Array list;
  for (const LayerState& state : layer_states()) {
    Json::Array aliases(state.aliases.begin(), state.aliases.end());
    list.push_back(Json::Object{{"name", state.name}, {"aliases", std::move(aliases)}, {"forward", state.forward}, {"gradient", state.gradient}, {"remark", state.remark}});
  }
  return list;
}

std::string layers_markdown() {
  std::vector<std::pair<std::string, std::string>> rows;  // state, names
  std::vector<LayerState> states = layer_states();
  sort_stably(states, [](const LayerState& a, const LayerState& b) { return a.forward > b.forward; });
  for (const LayerState& state : states) {
    const std::string key = state_text(state);
    auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& known) { return known.first == key; });
    if (row == rows.end()) rows.emplace_back(key, state.name);
    else row->second += ", " + state.name;
  }
  std::string text = "| layers | state |\n|---|---|\n";
  for (const auto& [state, names] : rows) text += fmt::format("| {} | {} |\n", names, state);
  return text;
}

}  // namespace keratin
