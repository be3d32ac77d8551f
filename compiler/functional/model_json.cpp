// A graph of handles as Keras's functional configuration.
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

#include "compiler/functional/model_run.h"
#include "compiler/functional/serialized.h"
#include "compiler/graph/keras_order.h"
#include "compiler/import/graph_reader.h"

namespace keratin::functional {

namespace {

Json shape_json(const TensorShape& shape) {
  Json::Array extents;
  for (const auto& extent : shape) extents.push_back(extent ? Json(*extent) : Json());
  return extents;
}

/// Shapes in the nesting of an argument; null where it is no tensor.
Json shapes_of(const CallTree& tree) {
  if (const auto* tensor = std::get_if<Tensor>(&tree.value)) return shape_json(tensor->shape());
  if (const auto* list = std::get_if<CallTree::List>(&tree.value)) {
    Json::Array shapes;
    for (const CallTree& item : *list) shapes.push_back(shapes_of(item));
    return shapes;
  }
  if (const auto* dict = std::get_if<CallTree::Dict>(&tree.value)) {
    Json::Object shapes;
    for (const auto& [key, item] : *dict) shapes.emplace_back(key, shapes_of(item));
    return shapes;
  }
  return {};
}

/// What Keras builds the layer with before it has its weights: {input_shape}, or {shapes_dict} of several arguments (Layer.get_build_config).
Json build_config(const LayerState& layer) {
  if (layer.model && !layer.model->sequential) return Json::Object{{"input_shape", Json()}};
  const Node& node = *layer.nodes[0];
  const std::vector<std::string_view> names = layer.definition->build_arguments();
  Json::Object shapes;
  for (size_t i = 0; i < names.size(); ++i) {
    const auto named = std::find_if(node.kwargs.begin(), node.kwargs.end(), [&](const CallEntry& entry) { return entry.first == names[i]; });
    const CallTree* argument = i < node.args.size() ? &node.args[i] : named != node.kwargs.end() ? &named->second : nullptr;
    if (argument && !std::holds_alternative<Json>(argument->value)) shapes.emplace_back(std::string(names[i]) + "_shape", shapes_of(*argument));
  }
  if (shapes.size() > 1) return Json::Object{{"shapes_dict", std::move(shapes)}};
  return Json::Object{{"input_shape", node.args.empty() ? Json() : shapes_of(node.args[0])}};
}

/// The calls between a model's ends, each layer's in the order in which they were made.
class Graph {
 public:
  explicit Graph(const ModelState& model) : model_(model) {
    for (const Tensor& tensor : model.inputs) {
      const auto& layer = GraphAccess::layer(tensor);
      if (layer->class_name != "InputLayer")
        throw NotImplementedError(fmt::format("The tensor of layer '{}' is no Input: a model can begin at Inputs only.", layer->name));
      ends_.insert(layer.get());
      add(layer, 0);
    }
    for (const Tensor& tensor : model.outputs) walk(tensor);
    check_names();
  }

  const std::vector<std::shared_ptr<LayerState>>& layers() const { return layers_; }

  Json entry(const LayerState& layer) const {
    Json object = serialized_layer(layer);
    if (layer.class_name != "InputLayer" && !layer.operation) object.set("build_config", build_config(layer));
    object.set("name", layer.name);
    Json::Array nodes;
    if (layer.class_name != "InputLayer")
      for (int node : calls_.at(&layer)) {
        Json::Array args;
        for (const CallTree& arg : layer.nodes[static_cast<size_t>(node)]->args) args.push_back(tree_json(arg));
        nodes.push_back(Json::Object{{"args", std::move(args)}, {"kwargs", tree_json({layer.nodes[static_cast<size_t>(node)]->kwargs})}});
      }
    object.set("inbound_nodes", std::move(nodes));
    return object;
  }

  /// [name, call, output]; Keras counts the calls of a nested Functional from 1 here.
  Json end(const Tensor& tensor) const {
    const auto& layer = GraphAccess::layer(tensor);
    const bool nested = layer->model && !layer->model->sequential;
    return Json::Array{layer->name, int64_t{place(tensor) + nested}, int64_t{tensor.tensor_index()}};
  }

 private:
  void add(const std::shared_ptr<LayerState>& layer, int node) {
    if (!layer->definition->version.keras3()) throw NotImplementedError(fmt::format("Layer '{}' comes from a file of Keras 2 and cannot be joined with new ones; save its model in Keras 3 first.", layer->name));
    if (calls_[layer.get()].insert(node).second && calls_[layer.get()].size() == 1) layers_.push_back(layer);
  }

  /// Depth first without recursion: a graph can be thousands of layers deep.
  void walk(const Tensor& output) {
    std::vector<std::pair<Tensor, bool>> pending = {{output, false}};
    while (!pending.empty()) {
      const auto [tensor, leaving] = pending.back();
      pending.pop_back();
      const auto& layer = GraphAccess::layer(tensor);
      if (!layer) throw ValueError("An output of the model is a tensor that no layer has made.");
      if (leaving) {
        add(layer, tensor.node_index());
        continue;
      }
      if (layer->class_name == "InputLayer") {
        if (!ends_.contains(layer.get())) throw ValueError(fmt::format("Output with path `` is not connected to `inputs`: it reads the input '{}'.", layer->name));
        continue;
      }
      if (!seen_.insert({layer.get(), tensor.node_index()}).second) continue;
      pending.push_back({tensor, true});
      const auto& inputs = layer->nodes[static_cast<size_t>(tensor.node_index())]->inputs;
      for (auto it = inputs.rbegin(); it != inputs.rend(); ++it) pending.push_back({*it, false});
    }
  }

  void check_names() const {
    std::map<std::string, int> names;
    for (const auto& layer : layers_) ++names[layer->name];
    for (const auto& [name, count] : names)
      if (count > 1) throw ValueError(fmt::format("The name \"{}\" is used {} times in the model. All operation names should be unique.", name, count));
  }

  int place(const Tensor& tensor) const {
    const std::set<int>& calls = calls_.at(GraphAccess::layer(tensor).get());
    return static_cast<int>(std::distance(calls.begin(), calls.find(tensor.node_index())));
  }

  Json tree_json(const CallTree& tree) const {
    if (const auto* tensor = std::get_if<Tensor>(&tree.value)) {
      const Json history = Json::Array{GraphAccess::layer(*tensor)->name, int64_t{place(*tensor)}, int64_t{tensor->tensor_index()}};
      return Json::Object{{"class_name", "__keras_tensor__"}, {"config", Json::Object{{"shape", shape_json(tensor->shape())}, {"dtype", tensor->dtype()}, {"keras_history", history}}}};
    }
    if (const auto* list = std::get_if<CallTree::List>(&tree.value)) {
      Json::Array items;
      for (const CallTree& item : *list) items.push_back(tree_json(item));
      return items;
    }
    if (const auto* dict = std::get_if<CallTree::Dict>(&tree.value)) {
      Json::Object members;
      for (const auto& [key, item] : *dict) members.emplace_back(key, tree_json(item));
      return members;
    }
    return std::get<Json>(tree.value);
  }

  const ModelState& model_;
  std::set<const LayerState*> ends_;
  std::set<std::pair<const LayerState*, int>> seen_;
  std::map<const LayerState*, std::set<int>> calls_;
  std::vector<std::shared_ptr<LayerState>> layers_;
};

Json ends(const Graph& graph, const std::vector<Tensor>& tensors, const Json& structure) {
  if (structure.is_int()) return graph.end(tensors.at(static_cast<size_t>(structure.as_int())));
  if (structure.is_array()) {
    Json::Array all;
    for (const Json& entry : structure.as_array()) all.push_back(ends(graph, tensors, entry));
    return all;
  }
  Json::Object members;
  for (const auto& [key, entry] : structure.as_object()) members.emplace_back(key, ends(graph, tensors, entry));
  return members;
}

Json whole(const LayerState& model, Json config) {
  const bool sequential = model.model->sequential;
  Json object = Json::Object{{"module", sequential ? "keras" : "keras.src.models.functional"}, {"class_name", sequential ? "Sequential" : "Functional"}, {"config", std::move(config)},
                             {"registered_name", sequential ? Json() : Json("Functional")}, {"build_config", Json::Object{{"input_shape", Json()}}}};
  object.set("compile_config", model.model->compile_config.is_null() ? Json(Json::Object{}) : model.model->compile_config);
  return object;
}

Json sequential_json(const LayerState& state) {
  const ModelState& model = *state.model;
  Json::Array layers;
  if (model.input_layer) layers.push_back(serialized_layer(*model.input_layer));
  for (const auto& layer : model.layers) {
    Json entry = serialized_layer(*layer);
    if (!layer->nodes.empty() && layer->nodes[0]->inputs.size() == 1) entry.set("build_config", Json::Object{{"input_shape", shape_json(layer->nodes[0]->inputs[0].shape())}});
    layers.push_back(std::move(entry));
  }
  Json config = Json::Object{{"name", state.name}, {"trainable", state.trainable()}, {"dtype", serialized_dtype("float32")}, {"layers", std::move(layers)}};
  if (model.input_layer) config.set("build_input_shape", shape_json(model.inputs[0].shape()));
  return whole(state, std::move(config));
}

}  // namespace

Json functional_json(LayerState& state) {
  ModelState& model = *state.model;
  if (model.sequential) return sequential_json(state);
  const Graph graph(model);
  std::vector<std::shared_ptr<LayerState>> order = graph.layers();
  const auto json = [&] {
    Json::Array layers;
    for (const auto& layer : order) layers.push_back(graph.entry(*layer));
    return whole(state, Json::Object{{"name", state.name}, {"trainable", state.trainable()}, {"layers", std::move(layers)},
                                     {"input_layers", ends(graph, model.inputs, model.input_structure)}, {"output_layers", ends(graph, model.outputs, model.output_structure)}});
  };
  if (model.layers.empty()) {  // the order of the layers comes from the graph as the compiler reads it
    Problems problems;
    ReadContext context{"model", KerasVersion::parse(kWrittenVersion), problems, {}};
    const std::shared_ptr<keratin::Model> read = read_model(json(), context);
    if (!problems.empty()) raise(problems, "model");
    for (int at : keras_order(*read).layers) model.layers.push_back(graph.layers()[static_cast<size_t>(at)]);
    for (const auto& layer : graph.layers())  // inputs that no output needs
      if (std::find(model.layers.begin(), model.layers.end(), layer) == model.layers.end()) model.layers.push_back(layer);
  }
  order = model.layers;
  return json();
}

namespace {

int64_t changes_below(const LayerState& layer) {
  int64_t changes = layer.changes;
  if (layer.model)
    for (const auto& inner : layer.model->layers) changes += changes_below(*inner);
  return changes;
}

}  // namespace

void refresh(LayerState& state) {
  ModelState& model = *state.model;
  for (const auto& layer : model.layers)
    if (layer->model) refresh(*layer);  // its configuration is part of this one's
  const int64_t changes = changes_below(state);
  if (model.as_read && changes > 0) {
    if (!state.definition->version.keras3()) throw NotImplementedError(fmt::format("Model '{}' comes from a file of Keras 2, whose configuration cannot be changed; save it in Keras 3 first.", state.name));
    model.as_read = false;
  }
  if (model.as_read) {
    model.source.model->compile_config = model.compile_config;
    return;
  }
  if (changes == model.read_changes) return;
  const Json serialized = functional_json(state);
  state.config = *serialized.find("config");
  Problems problems;
  const KerasVersion version = KerasVersion::parse(kWrittenVersion);
  ReadContext context{state.name, version, problems, {}};
  ReadModel read;
  read.file.path = state.name;
  read.file.container = Container::keras_archive;
  read.file.config = serialized;
  read.file.compile_config = model.compile_config;
  read.file.keras_version = kWrittenVersion;
  read.model = read_model(serialized, context);
  if (!problems.empty()) raise(problems, state.name);
  read.model->compile_config = model.compile_config;
  state.definition = read.model;
  model.source = std::move(read);
  model.read_changes = changes;
  if (model.engines) model.engines->drop_built();
}

std::vector<OwnedWeight> weights_of(const LayerState& layer) {
  std::vector<OwnedWeight> list;
  if (!layer.model) {
    for (const auto& weight : layer.weights) list.push_back({weight, weight->trainable && !weight->frozen, weight->path});
    return list;
  }
  std::set<const VariableState*> seen;
  for (const auto& inner : layer.model->layers)
    for (OwnedWeight& weight : weights_of(*inner)) {
      if (!seen.insert(weight.state.get()).second) continue;
      if (inner->model) weight.path = inner->name + "/" + weight.path;
      list.push_back(std::move(weight));
    }
  return list;
}

void set_model_trainable(LayerState& model, bool trainable) {
  for (const auto& layer : model.model->layers) GraphAccess::handle(layer).set_trainable(trainable);
  if (model.definition) model.definition->trainable = trainable;
  ++model.changes;
  if (!model.model->deferred()) refresh(model);
}

}  // namespace keratin::functional
