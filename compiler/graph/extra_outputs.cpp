#include "compiler/graph/extra_outputs.h"

#include <algorithm>
#include <fmt/format.h>

namespace keratin {

namespace {

/// One layer of the graph, by the positions on the way to it through nested models.
struct Found {
  std::string path;
  std::vector<int> way;
};

void collect(const Model& model, const std::string& prefix, std::vector<int> way, std::vector<Found>& all) {
  for (size_t i = 0; i < model.layers.size(); ++i) {
    way.push_back(static_cast<int>(i));
    all.push_back({prefix + model.layers[i].name, way});
    if (const auto* nested = dynamic_cast<const Model*>(model.layers[i].layer.get())) collect(*nested, prefix + model.layers[i].name + "/", way, all);
    way.pop_back();
  }
}

/// Makes the result of the last layer on the way an output of every model on it; the reference in the outermost one.
Result<TensorRef> expose(Model& model, const std::vector<int>& way, size_t depth, int output) {
  GraphLayer& entry = model.layers[static_cast<size_t>(way[depth])];
  const size_t calls = static_cast<size_t>(std::count_if(model.order.begin(), model.order.end(), [&](const Model::CallRef& call) { return call.layer == way[depth]; }));
  if (calls != 1) return Error{fmt::format("'{}' is called {} times, so its output is not one tensor", entry.name, calls)};
  const auto call = std::find_if(model.order.begin(), model.order.end(), [&](const Model::CallRef& at) { return at.layer == way[depth]; });
  TensorRef reference{way[depth], call->call, output, TensorRef::Form::history};
  if (depth + 1 == way.size()) return reference;
  auto& nested = dynamic_cast<Model&>(*entry.layer);
  Result<TensorRef> inside = expose(nested, way, depth + 1, output);
  if (!inside) return inside;
  const auto known = std::find_if(nested.outputs.begin(), nested.outputs.end(),
                                  [&](const TensorRef& o) { return o.layer == inside->layer && o.call == inside->call && o.output == inside->output; });
  reference.output = static_cast<int>(known - nested.outputs.begin());
  if (known == nested.outputs.end()) {
    nested.outputs.push_back(*inside);
    nested.output_names.push_back(nested.layers[static_cast<size_t>(inside->layer)].name);
  }
  return reference;
}

Result<Done> add_output(Model& model, const std::string& wanted, const std::vector<Found>& all) {
  std::string path = wanted;
  int output = 0;
  if (const size_t colon = wanted.rfind(':'); colon != std::string::npos && colon + 1 < wanted.size() && wanted.size() - colon < 5 &&
                                              wanted.find_first_not_of("0123456789", colon + 1) == std::string::npos) {
    output = std::stoi(wanted.substr(colon + 1));
    path = wanted.substr(0, colon);
  }
  std::vector<const Found*> matches;
  for (const Found& found : all) {
    if (found.path == path) {
      matches = {&found};
      break;
    }
    if (found.path.ends_with("/" + path)) matches.push_back(&found);
  }
  if (matches.empty()) return Error{fmt::format("the model has no layer '{}'", path)};
  if (matches.size() > 1) {
    std::string list;
    for (const Found* match : matches) list += (list.empty() ? "" : ", ") + match->path;
    return Error{fmt::format("'{}' may be any of {}; give the whole path", path, list)};
  }
  if (std::find(model.output_names.begin(), model.output_names.end(), wanted) != model.output_names.end()) return Error{fmt::format("'{}' is an output already", wanted)};
  Result<TensorRef> reference = expose(model, matches[0]->way, 0, output);
  if (!reference) return Error{reference.error()};
  model.outputs.push_back(*reference);
  model.output_names.push_back(wanted);
  return Done{};
}

}  // namespace

void add_outputs(Model& model, const std::vector<std::string>& wanted, const std::string& file, Problems& problems) {
  std::vector<Found> all;
  collect(model, "", {}, all);
  for (const std::string& name : wanted)
    if (Result<Done> added = add_output(model, name, all); !added) problems.add(fmt::format("{}: --output: {}", file, added.error()));
}

}  // namespace keratin
