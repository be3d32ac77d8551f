// What holds for every graph after reading: references counted from 0 and in range, calls in order, names of inputs and outputs.
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

#include "compiler/import/functional_reader.h"

namespace keratin {

namespace {

template <class F>
void for_each_reference(GraphValue& value, F&& f) {
  if (auto* reference = std::get_if<TensorRef>(&value.value)) f(*reference);
  else if (auto* list = std::get_if<GraphValue::List>(&value.value))
    for (GraphValue& item : *list) for_each_reference(item, f);
  else if (auto* dict = std::get_if<GraphValue::Dict>(&value.value))
    for (auto& [key, item] : *dict) for_each_reference(item, f);
}

template <class F>
void for_each_reference(GraphCall& call, F&& f) {
  for (GraphValue& arg : call.args) for_each_reference(arg, f);
  for (auto& [key, value] : call.kwargs) for_each_reference(value, f);
}

template <class F>
void for_each_reference(Model& model, F&& f) {
  for (GraphLayer& layer : model.layers)
    for (GraphCall& call : layer.calls) for_each_reference(call, f);
  for (TensorRef& ref : model.inputs) f(ref);
  for (TensorRef& ref : model.outputs) f(ref);
}

bool is_model(const GraphLayer& layer) { return dynamic_cast<Model*>(layer.layer.get()) != nullptr; }

}  // namespace

void normalize_call_indices(Model& model) {
  const size_t count = model.layers.size();
  std::vector<std::set<int>> used(count);
  for_each_reference(model, [&](TensorRef& ref) { used[static_cast<size_t>(ref.layer)].insert(ref.call); });
  const bool raw_indices = model.version.major == 3 && model.version.minor == 0;  // 3.0.x wrote indices over all models
  for_each_reference(model, [&](TensorRef& ref) {
    const size_t at = static_cast<size_t>(ref.layer);
    const int calls = static_cast<int>(model.layers[at].calls.size());
    const std::set<int>& indices = used[at];
    const bool beyond = !indices.empty() && *indices.rbegin() >= calls;
    if (raw_indices && beyond && static_cast<int>(indices.size()) <= calls) {
      ref.call = static_cast<int>(std::distance(indices.begin(), indices.find(ref.call)));
      return;
    }
    if (!is_model(model.layers[at])) return;
    // Keras 2 counts the calls of a nested model from 1, its own construction being 0; Keras 3 does so in input_layers and output_layers only.
    const bool list_counts_from_1 = ref.form != TensorRef::Form::history && model.version.keras2() && !indices.contains(0);
    const bool end_counts_from_1 = ref.form == TensorRef::Form::end && model.version.keras3() && ref.call >= 1 && model.layers[at].layer->class_name == "Functional";
    if (list_counts_from_1 || end_counts_from_1) --ref.call;
  });
}

void check_references(Model& model, const std::string& where, ReadContext& context) {
  const auto check = [&](const TensorRef& ref, const std::string& reader) {
    const GraphLayer& layer = model.layers[static_cast<size_t>(ref.layer)];
    if (ref.call >= 0 && ref.call < static_cast<int>(layer.calls.size()) && ref.output >= 0) return;
    context.problems.add(fmt::format("{}: {}: reads output {} of call {} of '{}', which has {} call{}", where, reader, ref.output, ref.call, layer.name, layer.calls.size(),
                                     layer.calls.size() == 1 ? "" : "s"));
  };
  for (GraphLayer& layer : model.layers)
    for (GraphCall& call : layer.calls) for_each_reference(call, [&](TensorRef& ref) { check(ref, layer.name); });
  for (TensorRef& ref : model.inputs) check(ref, "input_layers");
  for (TensorRef& ref : model.outputs) check(ref, "output_layers");
}

void order_calls(Model& model, const std::string& where, ReadContext& context) {
  std::vector<std::vector<char>> placed(model.layers.size());
  std::vector<Model::CallRef> waiting;
  for (size_t i = 0; i < model.layers.size(); ++i) {
    placed[i].resize(model.layers[i].calls.size(), 0);
    for (size_t c = 0; c < model.layers[i].calls.size(); ++c) waiting.push_back({static_cast<int>(i), static_cast<int>(c)});
  }
  const auto ready = [&](Model::CallRef at) {
    bool all = true;
    for_each_reference(model.layers[static_cast<size_t>(at.layer)].calls[static_cast<size_t>(at.call)], [&](TensorRef& ref) {
      const auto& calls = placed[static_cast<size_t>(ref.layer)];
      if (ref.call >= 0 && ref.call < static_cast<int>(calls.size()) && !calls[static_cast<size_t>(ref.call)]) all = false;
    });
    return all;
  };
  while (!waiting.empty()) {
    std::vector<Model::CallRef> later;
    for (Model::CallRef at : waiting) {
      if (ready(at)) {
        model.order.push_back(at);
        placed[static_cast<size_t>(at.layer)][static_cast<size_t>(at.call)] = 1;
      } else {
        later.push_back(at);
      }
    }
    if (later.size() == waiting.size()) {
      std::set<std::string> names;
      for (Model::CallRef at : later) names.insert(model.layers[static_cast<size_t>(at.layer)].name);
      context.problems.add(fmt::format("{}: layers read each other in a circle: {}", where, fmt::join(names, ", ")));
      return;
    }
    waiting = std::move(later);
  }
}

void name_ends(Model& model) {
  const auto names = [&](const std::vector<TensorRef>& ends) {
    std::vector<std::string> list;
    for (const TensorRef& ref : ends) list.push_back(model.layers[static_cast<size_t>(ref.layer)].name);
    if (std::set<std::string>(list.begin(), list.end()).size() != list.size())
      for (size_t i = 0; i < list.size(); ++i) list[i] = fmt::format("{}", i);
    return list;
  };
  if (model.input_names.empty()) model.input_names = names(model.inputs);
  model.output_names = names(model.outputs);
}

}  // namespace keratin
