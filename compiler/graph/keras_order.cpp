#include "compiler/graph/keras_order.h"

#include <algorithm>
#include <map>
#include <set>

#include "ir/support/sort_stably.h"

namespace keratin {

namespace {

void flatten_into(const GraphValue& value, std::vector<TensorRef>& out) {
  if (const auto* reference = std::get_if<TensorRef>(&value.value)) {
    out.push_back(*reference);
  } else if (const auto* list = std::get_if<GraphValue::List>(&value.value)) {
    for (const GraphValue& item : *list) flatten_into(item, out);
  } else if (const auto* dict = std::get_if<GraphValue::Dict>(&value.value)) {
    std::map<std::string, const GraphValue*> sorted;
    for (const auto& [key, item] : *dict) sorted[key] = &item;
    for (const auto& [key, item] : sorted) flatten_into(*item, out);
  }
}

using Key = std::pair<int, int>;  // layer, call

/// The walk from the outputs: calls after what they read, and the number of each layer in the order of first meetings.
class Walk {
 public:
  explicit Walk(const Model& model) : model_(model) {
    for (const TensorRef& output : model.outputs) from({output.layer, output.call});
  }

  std::vector<Key> finished;
  std::map<int, int> met;  // layer -> number

  std::vector<TensorRef> reads(Key key) const { return reads_of(model_.layers[static_cast<size_t>(key.first)].calls[static_cast<size_t>(key.second)]); }

 private:
  struct Frame {
    Key key;
    std::vector<TensorRef> reads;
    size_t next = 0;
  };

  void from(Key start) {
    std::vector<Frame> stack;  // not the call stack: graphs may be deep
    enter(start, stack);
    while (!stack.empty()) {
      Frame& top = stack.back();
      if (top.next < top.reads.size()) {
        const TensorRef read = top.reads[top.next++];
        enter({read.layer, read.call}, stack);
        continue;
      }
      finished.push_back(top.key);
      stack.pop_back();
    }
  }

  void enter(Key key, std::vector<Frame>& stack) {
    if (!seen_.insert(key).second) return;
    met.emplace(key.first, static_cast<int>(met.size()));
    stack.push_back({key, reads(key)});
  }

  const Model& model_;
  std::set<Key> seen_;
};

}  // namespace

std::vector<TensorRef> reads_of(const GraphCall& call) {
  std::vector<TensorRef> reads;
  for (const GraphValue& arg : call.args) flatten_into(arg, reads);
  flatten_into({call.kwargs}, reads);
  return reads;
}

KerasOrder keras_order(const Model& model) {
  Walk walk(model);
  std::map<Key, int> call_depths;
  std::vector<std::pair<int, int>> layer_depths;  // layer, depth; in the order of insertion, which breaks ties
  const auto depth_of_layer = [&](int layer) { return std::find_if(layer_depths.begin(), layer_depths.end(), [&](const auto& entry) { return entry.first == layer; }); };
  std::map<int, size_t> places;
  for (auto key = walk.finished.rbegin(); key != walk.finished.rend(); ++key) {
    int& depth = call_depths[*key];
    const auto [place, fresh] = places.emplace(key->first, layer_depths.size());
    if (fresh) layer_depths.emplace_back(key->first, 0);
    depth = layer_depths[place->second].second = std::max(depth, layer_depths[place->second].second);
    for (const TensorRef& read : walk.reads(*key)) {
      int& before = call_depths[{read.layer, read.call}];
      before = std::max(before, call_depths[*key] + 1);
    }
  }
  for (const TensorRef& input : model.inputs) {  // inputs that no output needs
    if (depth_of_layer(input.layer) != layer_depths.end()) continue;
    layer_depths.emplace_back(input.layer, 0);
    walk.met[input.layer] = -1;
    call_depths[{input.layer, input.call}] = 0;
  }
  sort_stably(layer_depths, [&](const auto& a, const auto& b) { return a.second != b.second ? a.second > b.second : walk.met[a.first] < walk.met[b.first]; });
  KerasOrder order;
  for (const auto& [layer, depth] : layer_depths) order.layers.push_back(layer);
  for (const auto& [key, depth] : call_depths) {
    if (static_cast<size_t>(depth) >= order.calls.size()) order.calls.resize(static_cast<size_t>(depth) + 1);
    order.calls[static_cast<size_t>(depth)].push_back({key.first, key.second});
  }
  return order;
}

bool is_path(const Model& model, const KerasOrder& order) {
  if (model.sequential) return true;
  std::set<int> called;
  for (const std::vector<Model::CallRef>& calls : order.calls) {
    if (calls.empty()) continue;
    if (calls.size() > 1 || !called.insert(calls[0].layer).second) return false;
    if (reads_of(model.layers[static_cast<size_t>(calls[0].layer)].calls[static_cast<size_t>(calls[0].call)]).size() > 1) return false;
  }
  return true;
}

}  // namespace keratin
