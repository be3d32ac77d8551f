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

namespace {

/// The calls of a model, counted in the file's order, and what each reads.
struct CallList {
  std::vector<Model::CallRef> calls;
  std::vector<std::vector<size_t>> readers;  // of each call
  std::vector<size_t> reads;                 // how many calls each one reads

  explicit CallList(Model& model) {
    std::vector<size_t> first;  // place of a layer's first call
    for (size_t i = 0; i < model.layers.size(); ++i) {
      first.push_back(calls.size());
      for (size_t c = 0; c < model.layers[i].calls.size(); ++c) calls.push_back({static_cast<int>(i), static_cast<int>(c)});
    }
    readers.resize(calls.size());
    reads.resize(calls.size());
    for (size_t at = 0; at < calls.size(); ++at) {
      GraphCall& call = model.layers[static_cast<size_t>(calls[at].layer)].calls[static_cast<size_t>(calls[at].call)];
      for_each_reference(call, [&](TensorRef& ref) {
        const size_t layer = static_cast<size_t>(ref.layer);
        if (ref.call < 0 || ref.call >= static_cast<int>(model.layers[layer].calls.size())) return;  // reported by check_references
        readers[first[layer] + static_cast<size_t>(ref.call)].push_back(at);
        ++reads[at];
      });
    }
  }
};

}  // namespace

void order_calls(Model& model, const std::string& where, ReadContext& context) {
  // Keras goes through the file again and again and makes each call that can be made. The round in which a call is made follows from those it
  // reads: theirs, or the next one where they stand behind it in the file.
  CallList list(model);
  std::vector<size_t> rounds(list.calls.size(), 0), ready, order;
  for (size_t at = 0; at < list.calls.size(); ++at)
    if (list.reads[at] == 0) ready.push_back(at);
  while (!ready.empty()) {
    const size_t at = ready.back();
    ready.pop_back();
    order.push_back(at);
    for (size_t reader : list.readers[at]) {
      rounds[reader] = std::max(rounds[reader], rounds[at] + (at > reader ? 1 : 0));
      if (--list.reads[reader] == 0) ready.push_back(reader);
    }
  }
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return std::pair(rounds[a], a) < std::pair(rounds[b], b); });
  for (size_t at : order) model.order.push_back(list.calls[at]);
  if (order.size() == list.calls.size()) return;
  std::set<std::string> names;
  for (size_t at = 0; at < list.calls.size(); ++at)
    if (list.reads[at] > 0) names.insert(model.layers[static_cast<size_t>(list.calls[at].layer)].name);
  context.problems.add(fmt::format("{}: layers read each other in a circle: {}", where, fmt::join(names, ", ")));
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
