// Files as handles: the graph that the importer read, call by call.
#include <fmt/format.h>

#include "compiler/data/tensors.h"
#include "compiler/functional/model_run.h"
#include "compiler/import/bind_weights.h"
#include "compiler/import/graph_reader.h"
#include "compiler/layers/input_layer.h"
#include "compiler/view/open_sizes.h"

namespace keratin::functional {

namespace {

/// The structure of a model's ends in a file, where [name, call, output] is a tensor; dictionaries are flattened by their sorted keys.
Json structure_of(const Json& ends, int64_t& next) {
  if (ends.is_object()) {
    std::map<std::string, Json> sorted;
    for (const auto& [key, entry] : ends.as_object()) sorted[key];
    for (auto& [key, entry] : sorted) entry = structure_of(*ends.find(key), next);
    Json::Object members;
    for (const auto& [key, entry] : ends.as_object()) members.emplace_back(key, sorted[key]);
    return members;
  }
  const bool tensor = ends.is_array() && !ends.as_array().empty() && ends.as_array()[0].is_string();
  if (tensor || !ends.is_array()) return next++;
  Json::Array entries;
  for (const Json& entry : ends.as_array()) entries.push_back(structure_of(entry, next));
  return entries;
}

std::shared_ptr<LayerState> state_of_model(const std::shared_ptr<keratin::Model>& read, const Json& serialized);

/// A layer of the file under its own definition.
std::shared_ptr<LayerState> state_of(const GraphLayer& entry) {
  if (auto model = std::dynamic_pointer_cast<keratin::Model>(entry.layer)) return state_of_model(model, entry.json);
  auto state = std::make_shared<LayerState>();
  state->class_name = entry.layer->is_operation && !entry.layer->class_name.ends_with(".op") ? entry.layer->class_name + ".op" : entry.layer->class_name;
  if (const size_t package = state->class_name.find('>'); package != std::string::npos) state->class_name.erase(0, package + 1);
  state->name = entry.name;
  state->operation = entry.layer->is_operation;
  state->module = entry.json.member("module").is_string() ? entry.json.member("module").as_string() : "keras.layers";
  if (entry.json.member("registered_name").is_string()) state->registered_name = entry.json.member("registered_name").as_string();
  state->config = entry.json.member("config");
  state->definition = entry.layer;
  if (const auto* input = dynamic_cast<const InputLayer*>(entry.layer.get())) {
    auto node = std::make_unique<Node>();
    node->outputs = {{input->batch_shape, input->input_dtype, std::nullopt}};
    state->nodes.push_back(std::move(node));
    state->built = true;
  }
  return state;
}

/// Replays the calls of a graph that was read on handles.
class Replay {
 public:
  explicit Replay(const keratin::Model& read) : read_(read) {}

  std::shared_ptr<LayerState> run(const std::shared_ptr<keratin::Model>& definition, const Json& serialized) {
    auto state = std::make_shared<LayerState>();
    state->class_name = read_.sequential ? "Sequential" : "Functional";
    state->name = read_.name;
    state->module = read_.sequential ? "keras" : "keras.src.models.functional";
    state->registered_name = read_.sequential ? "" : "Functional";
    state->config = serialized.member("config");
    state->definition = definition;
    state->built = true;
    state->model = std::make_shared<ModelState>();
    ModelState& model = *state->model;
    model.sequential = read_.sequential;
    model.as_read = true;
    model.source.model = definition;
    model.source.file.path = read_.name;
    model.source.file.config = serialized;
    model.source.file.keras_version = definition->version.text();
    calls_.resize(read_.layers.size());
    for (const GraphLayer& entry : read_.layers) layers_.push_back(state_of(entry));
    for (const keratin::Model::CallRef& at : read_.order) call(at);
    for (size_t i = 0; i < layers_.size(); ++i) {
      if (model.sequential && layers_[i]->class_name == "InputLayer") model.input_layer = layers_[i];
      else model.layers.push_back(layers_[i]);
    }
    for (const TensorRef& ref : read_.inputs) model.inputs.push_back(tensor(ref));
    for (const TensorRef& ref : read_.outputs) model.outputs.push_back(tensor(ref));
    int64_t inputs = 0, outputs = 0;
    model.input_structure = model.sequential ? Json(0) : structure_of(state->config.member("input_layers"), inputs);
    model.output_structure = model.sequential ? Json(0) : structure_of(state->config.member("output_layers"), outputs);
    return state;
  }

 private:
  void call(const keratin::Model::CallRef& at) {
    const auto& layer = layers_[static_cast<size_t>(at.layer)];
    auto& calls = calls_[static_cast<size_t>(at.layer)];
    if (calls.size() <= static_cast<size_t>(at.call)) calls.resize(static_cast<size_t>(at.call) + 1);
    if (layer->class_name == "InputLayer") {
      calls[static_cast<size_t>(at.call)] = {GraphAccess::tensor(layer, 0, 0)};
      return;
    }
    const GraphCall& given = read_.layers[static_cast<size_t>(at.layer)].calls[static_cast<size_t>(at.call)];
    std::vector<CallTree> args;
    CallTree::Dict kwargs;
    for (const GraphValue& arg : given.args) args.push_back(tree(arg));
    for (const auto& [key, value] : given.kwargs) kwargs.push_back({key, tree(value)});
    calls[static_cast<size_t>(at.call)] = record_call(layer, std::move(args), std::move(kwargs));
  }

  CallTree tree(const GraphValue& value) {
    if (const auto* ref = std::get_if<TensorRef>(&value.value)) return {tensor(*ref)};
    if (const auto* list = std::get_if<GraphValue::List>(&value.value)) {
      CallTree::List items;
      for (const GraphValue& item : *list) items.push_back(tree(item));
      return {std::move(items)};
    }
    if (const auto* dict = std::get_if<GraphValue::Dict>(&value.value)) {
      CallTree::Dict items;
      for (const auto& [key, item] : *dict) items.push_back({key, tree(item)});
      return {std::move(items)};
    }
    return {std::get<Json>(value.value)};
  }

  Tensor tensor(const TensorRef& ref) {
    const auto& calls = calls_[static_cast<size_t>(ref.layer)];
    if (static_cast<size_t>(ref.call) >= calls.size() || static_cast<size_t>(ref.output) >= calls[static_cast<size_t>(ref.call)].size())
      throw ValueError(fmt::format("A tensor of layer '{}' is read that it does not give.", read_.layers[static_cast<size_t>(ref.layer)].name));
    return calls[static_cast<size_t>(ref.call)][static_cast<size_t>(ref.output)];
  }

  const keratin::Model& read_;
  std::vector<std::shared_ptr<LayerState>> layers_;
  std::vector<std::vector<std::vector<Tensor>>> calls_;
};

std::shared_ptr<LayerState> state_of_model(const std::shared_ptr<keratin::Model>& read, const Json& serialized) { return Replay(*read).run(read, serialized); }

std::shared_ptr<LayerState> state_of_file(ReadModel read) {
  if (read.model->unbuilt) throw NotImplementedError(fmt::format("{}: was saved before it knew its input's shape.", read.file.path));
  const std::shared_ptr<LayerState> state = state_of_model(read.model, read.file.config);
  state->model->compile_config = read.model->compile_config;
  if (const Json& compiled = state->model->compile_config; compiled.is_object() && compiled.as_object().empty()) state->model->compile_config = Json();
  state->model->source = std::move(read);
  return state;
}

}  // namespace

void take_values(LayerState& state, const ExpandedModel& expanded) {
  std::map<std::string, std::shared_ptr<VariableState>> by_path;
  for (const OwnedWeight& weight : weights_of(state)) by_path[weight.path] = weight.state;
  for (const keratin::Layer* layer : expanded.layers)
    for (const auto& weight : layer->weights) {
      const auto found = by_path.find(weight->path);
      if (found == by_path.end() || !weight->variable.valid()) continue;
      if (const auto& initial = expanded.program.variable(weight->variable).initial) found->second->value = to_array(*initial);
    }
}

Model load_model(const std::string& path) {
  Problems problems;
  std::optional<ReadModel> read = read_graph_of(path, std::nullopt, problems);
  if (!problems.empty()) throw OSError(fmt::format("{}", problems.messages()[0]));
  const std::shared_ptr<LayerState> state = state_of_file(std::move(*read));
  ReadModel& source = state->model->source;
  if (source.file.weights) {
    std::optional<TwoExpansions> expanded = expand_at_two_sizes(*source.model, path, problems);
    if (expanded) bind_weights(expanded->second.program, *source.model, *source.file.weights, path, problems);
    if (!problems.empty()) raise(problems, path);
    take_values(*state, expanded->second);
    const Result<NamedArrays> stored = read_optimizer_state(*source.file.weights);
    if (!stored) throw ValueError(stored.error());
    state->model->engines = std::make_shared<Engines>();
    state->model->engines->stored_optimizer = *stored;
  }
  return Model(state);
}

Model model_from_json(const std::string& json) {
  const Result<Json> parsed = Json::parse(json);
  if (!parsed) throw ValueError(parsed.error());
  ReadModel read;
  read.file.path = "model.json";
  read.file.container = Container::json;
  read.file.config = *parsed;
  const Json& own = parsed->member("keras_version");
  read.file.keras_version = own.is_string() ? own.as_string() : parsed->member("module").is_string() ? kWrittenVersion : "2.3.1";
  read.file.compile_config = parsed->member("compile_config");
  Problems problems;
  ReadContext context{read.file.path, KerasVersion::parse(read.file.keras_version), problems, {}};
  read.model = read_model(read.file.config, context);
  if (!problems.empty()) raise(problems, read.file.path);
  read.model->compile_config = read.file.compile_config;
  return Model(state_of_file(std::move(read)));
}

}  // namespace keratin::functional
