#include "compiler/view/open_sizes.h"

#include <array>
#include <utility>

namespace keratin {

namespace {

/// Divisible by what poolings and reshapes divide by; later pairs are for graphs that the first one does not fit.
constexpr std::array<std::pair<int64_t, int64_t>, 3> kSizes = {{{192, 320}, {840, 1680}, {64, 96}}};

ExpandOptions with_sizes(const Model& model, int64_t size) {
  ExpandOptions options;
  for (const InputSpec& spec : input_specs(model)) {
    if (spec.open.empty()) continue;
    std::vector<int64_t>& shape = options.shapes[spec.name];
    for (int axis = 1; axis < spec.shape.rank(); ++axis) shape.push_back(spec.shape[axis] == Dim(-1) ? size : spec.shape[axis].size);
  }
  return options;
}

}  // namespace

void forget_weights(Layer& layer) {
  layer.weights.clear();
  layer.states.clear();
  for (const Child& child : layer.children) forget_weights(*child.layer);
  if (auto* model = dynamic_cast<Model*>(&layer))
    for (GraphLayer& entry : model->layers)
      if (entry.layer) forget_weights(*entry.layer);
}

std::optional<TwoExpansions> expand_at_two_sizes(Model& model, const std::string& file, Problems& problems) {
  TwoExpansions made;
  for (const InputSpec& spec : input_specs(model)) made.differ = made.differ || !spec.open.empty();
  Problems found;
  for (const auto& [small, large] : kSizes) {
    found = {};
    if (made.differ) {
      forget_weights(model);
      expand(model, file, with_sizes(model, small), found);
      made.first_calls = model.call_types;
    }
    forget_weights(model);
    if (found.empty()) made.second = expand(model, file, with_sizes(model, large), found);
    made.second_calls = model.call_types;
    if (found.empty()) return made;
    if (!made.differ) break;
  }
  for (const std::string& message : found.messages()) problems.add(message);
  return std::nullopt;
}

}  // namespace keratin
