#include "keratin/layer.h"

#include <algorithm>
#include <fmt/format.h>

#include "compiler/data/tensors.h"
#include "compiler/functional/model_state.h"
#include "compiler/functional/serialized.h"
#include "compiler/functional/state.h"
#include "compiler/import/graph_reader.h"
#include "compiler/initializers/initializer.h"
#include "compiler/layers/config_reader.h"
#include "compiler/operations/operation.h"
#include "keratin/layers/multi_head_attention.h"

namespace keratin::functional {

// ---- states

const Array& VariableState::current() {
  if (value) return *value;
  Weight weight;
  weight.name = name;
  weight.initializer = initializer;
  const Json initial = initializer_of(weight);
  const Json* config = initial.find("config");
  const Json* own = config ? config->find("seed") : nullptr;
  const Result<ir::Tensor> made = initial_value(initial, dtype, shape, own && own->is_int() ? static_cast<uint64_t>(own->as_int()) : seed);
  if (!made) throw ValueError(fmt::format("{}: {}", path, made.error()));
  value = to_array(*made);
  return *value;
}

bool LayerState::trainable() const { return definition ? definition->trainable : true; }

std::shared_ptr<LayerState> make_layer(const std::string& class_name, Json config, bool operation) {
  auto state = std::make_shared<LayerState>();
  const std::string keras_class = operation ? class_name.substr(0, class_name.size() - 3) : class_name;
  const Json* name = config.find("name");
  const size_t package = keras_class.find('>');
  if (!name || !name->is_string() || name->as_string().empty()) {
    Json::Object named{{"name", automatic_name(package == std::string::npos ? keras_class : keras_class.substr(package + 1))}};
    if (config.is_object())
      for (const auto& member : config.as_object())
        if (member.first != "name") named.push_back(member);
    config = std::move(named);
  }
  state->class_name = class_name;
  state->name = config.find("name")->as_string();
  state->operation = operation;
  const bool of_convnext = class_name == "LayerScale" || class_name == "StochasticDepth", of_applications = of_convnext || class_name == "CustomScaleLayer";
  state->module = operation ? std::string(keras_module(keras_class)) : of_convnext ? "keras.src.applications.convnext" : of_applications ? "keras.src.applications.inception_resnet_v2" : "keras.layers";
  if (operation || of_applications) state->registered_name = keras_class;
  if (package != std::string::npos) {  // a class of the program's own
    state->class_name = keras_class.substr(package + 1);
    state->registered_name = keras_class;
    state->module = "builtins";
  }
  state->config = std::move(config);

  Problems problems;
  ReadContext context{"layer", KerasVersion::parse(kWrittenVersion), problems, {}};
  state->definition = read_layer(serialized_layer(*state), "", context);
  if (!problems.empty()) raise(problems, "layer");
  if (!state->definition) throw ValueError(fmt::format("Layer '{}' of class {} cannot be made.", state->name, class_name));
  return state;
}

Layer Layer::from_config(const std::string& class_name, const Json& config) { return Layer(make_layer(class_name, config)); }

// ---- handles

namespace {

LayerState& required(const std::shared_ptr<LayerState>& state) {
  if (!state) throw ValueError("This handle holds no layer.");
  return *state;
}

}  // namespace

Outputs Layer::operator()(const Inputs& inputs, const CallOptions& options) const {
  return Outputs(record_call(state_, call_arguments(inputs), call_keywords(required(state_), options)));
}

std::vector<NDArray> Layer::operator()(const std::vector<NDArray>& data, const CallOptions& options) const { return computed_call(state_, data, options); }

NDArray Layer::operator()(const NDArray& data, const CallOptions& options) const {
  std::vector<NDArray> outputs = computed_call(state_, {data}, options);
  if (outputs.size() != 1) throw ValueError(fmt::format("Layer '{}' gives {} arrays; call it with a list of one array to get them all.", name(), outputs.size()));
  return outputs[0];
}

const std::string& Layer::name() const { return required(state_).name; }
const std::string& Layer::class_name() const { return required(state_).class_name; }
bool Layer::built() const { return required(state_).built; }
bool Layer::trainable() const { return required(state_).trainable(); }
Json Layer::get_config() const { return required(state_).config; }

namespace {

void set_trainable_of(keratin::Layer& layer, bool trainable) {
  layer.trainable = trainable;
  for (const Child& child : layer.children) set_trainable_of(*child.layer, trainable);
}

/// The flag in a config and in the configs of wrapped layers.
void set_trainable_of(Json& config, bool trainable) {
  if (!config.is_object()) return;
  if (config.find("trainable")) config.set("trainable", trainable);
  for (auto& [key, value] : config.as_object())
    if (value.is_object())
      for (auto& [inner_key, inner] : value.as_object())
        if (inner_key == "config") set_trainable_of(inner, trainable);
}

}  // namespace

void Layer::set_trainable(bool trainable) const {
  LayerState& state = required(state_);
  if (state.model) return set_model_trainable(state, trainable);
  set_trainable_of(*state.definition, trainable);
  set_trainable_of(state.config, trainable);
  ++state.changes;
  for (const auto& weight : state.weights) weight->frozen = !trainable;
}

std::vector<Variable> Layer::weights() const {
  std::vector<Variable> list;
  for (const auto& weight : weights_of(required(state_))) list.push_back(GraphAccess::variable(weight.state));
  return list;
}
std::vector<Variable> Layer::trainable_weights() const {
  std::vector<Variable> list;
  for (const auto& weight : weights_of(required(state_)))
    if (weight.trained) list.push_back(GraphAccess::variable(weight.state));
  return list;
}
std::vector<Variable> Layer::non_trainable_weights() const {
  std::vector<Variable> list;
  for (const auto& weight : weights_of(required(state_)))
    if (!weight.trained) list.push_back(GraphAccess::variable(weight.state));
  return list;
}

std::vector<NDArray> Layer::get_weights() const {
  std::vector<NDArray> arrays;
  for (const Variable& weight : weights()) arrays.push_back(weight.numpy());
  return arrays;
}

void Layer::set_weights(const std::vector<NDArray>& arrays) const {
  const std::vector<Variable> all = weights();
  if (arrays.size() != all.size())
    throw ValueError(fmt::format("You called `set_weights(weights)` on layer '{}' with a weight list of length {}, but the layer was expecting {} weights.", name(), arrays.size(), all.size()));
  for (size_t i = 0; i < all.size(); ++i)
    if (all[i].shape() != arrays[i].shape())
      throw ValueError(fmt::format("Layer '{}' expected weight '{}' to have shape {}, but received an array of shape {}.", name(), all[i].path(), keratin::shape_text(all[i].shape()), keratin::shape_text(arrays[i].shape())));
  for (size_t i = 0; i < all.size(); ++i) all[i].assign(arrays[i]);
}

int64_t Layer::count_params() const {
  int64_t total = 0;
  for (const auto& weight : weights_of(required(state_))) total += *element_count(weight.state->shape);
  return total;
}

int Layer::inbound_nodes() const { return static_cast<int>(required(state_).nodes.size()); }
int Layer::outbound_nodes() const { return required(state_).outbound; }

namespace {

const Node& only_node(const LayerState& layer, const char* what) {
  if (layer.nodes.empty()) throw AttributeError(fmt::format("The layer {} has never been called and thus has no defined {}.", layer.name, what));
  if (layer.nodes.size() > 1)
    throw AttributeError(fmt::format("The layer {} has multiple inbound nodes, hence the notion of \"layer {}\" is ill-defined. Use `get_{}_at(node_index)` instead.", layer.name, what, what));
  return *layer.nodes[0];
}

const Node& node_at(const LayerState& layer, int node) {
  if (node < 0 || static_cast<size_t>(node) >= layer.nodes.size())
    throw ValueError(fmt::format("Asked for node {} of layer '{}', but the layer has only {} inbound nodes.", node, layer.name, layer.nodes.size()));
  return *layer.nodes[static_cast<size_t>(node)];
}

/// The shape that all nodes share.
template <class ShapeAt>
TensorShape common_shape(const LayerState& layer, const char* what, const char* note, ShapeAt shape_at) {
  if (layer.nodes.empty()) throw AttributeError(fmt::format("The layer \"{}\" has never been called and thus has no defined {} shape.{}", layer.name, what, note));
  const TensorShape first = shape_at(0);
  for (int node = 1; node < static_cast<int>(layer.nodes.size()); ++node)
    if (shape_at(node) != first)
      throw AttributeError(fmt::format("The layer \"{}\" has multiple inbound nodes, with different {} shapes. Hence the notion of \"{} shape\" is ill-defined for the layer. Use `get_{}_shape_at(node_index)` instead.", layer.name, what, what, what));
  return first;
}

TensorShape only_shape(const std::vector<TensorShape>& shapes, const std::string& layer, const char* what) {
  if (shapes.size() != 1) throw AttributeError(fmt::format("The layer \"{}\" has {} {}s, each with its own shape.", layer, shapes.size(), what));
  return shapes[0];
}

}  // namespace

Tensor Layer::input() const {
  const Node& node = only_node(required(state_), "input");
  if (node.inputs.size() != 1) throw AttributeError(fmt::format("The layer {} has {} inputs; use `get_input_at(0)`.", name(), node.inputs.size()));
  return node.inputs[0];
}

Tensor Layer::output() const {
  const Node& node = only_node(required(state_), "output");
  if (node.outputs.size() != 1) throw AttributeError(fmt::format("The layer {} has {} outputs; use `get_output_at(0)`.", name(), node.outputs.size()));
  return GraphAccess::tensor(state_, 0, 0);
}

TensorShape Layer::input_shape() const {
  return common_shape(required(state_), "input", " Note that the `input_shape` property is only available for Functional and Sequential models.", [&](int node) { return get_input_shape_at(node); });
}
TensorShape Layer::output_shape() const {
  return common_shape(required(state_), "output", "", [&](int node) { return get_output_shape_at(node); });
}

std::vector<TensorShape> Layer::output_shapes() const {
  std::vector<TensorShape> shapes;
  for (const TensorType& type : only_node(required(state_), "output").outputs) shapes.push_back(type.shape);
  return shapes;
}

std::vector<Tensor> Layer::get_input_at(int node) const { return node_at(required(state_), node).inputs; }

std::vector<Tensor> Layer::get_output_at(int node) const {
  std::vector<Tensor> outputs;
  for (size_t i = 0; i < node_at(required(state_), node).outputs.size(); ++i) outputs.push_back(GraphAccess::tensor(state_, node, static_cast<int>(i)));
  return outputs;
}

TensorShape Layer::get_input_shape_at(int node) const {
  std::vector<TensorShape> shapes;
  for (const Tensor& tensor : get_input_at(node)) shapes.push_back(tensor.shape());
  return only_shape(shapes, name(), "input");
}
TensorShape Layer::get_output_shape_at(int node) const {
  std::vector<TensorShape> shapes;
  for (const TensorType& type : node_at(required(state_), node).outputs) shapes.push_back(type.shape);
  return only_shape(shapes, name(), "output");
}

// ---- variables

std::string Variable::name() const { return state_->name; }
std::string Variable::path() const { return state_->path; }
std::vector<int64_t> Variable::shape() const { return state_->shape; }
std::string Variable::dtype() const { return std::string(name_of(state_->dtype)); }
bool Variable::trainable() const { return state_->trainable && !state_->frozen; }
NDArray Variable::numpy() const { return from_engine(state_->current()); }

void Variable::assign(const NDArray& value) const {
  if (value.shape() != state_->shape)
    throw ValueError(fmt::format("The shape of the target variable and the shape of the target value in `variable.assign(value)` must match. variable.shape={}, Received: value.shape={}. Target variable: {}", keratin::shape_text(state_->shape), keratin::shape_text(value.shape()), state_->path));
  state_->value = to_engine(value).to(state_->dtype);
}

}  // namespace keratin::functional

namespace keratin::layers {

Outputs MultiHeadAttention::operator()(const Tensor& query, const Tensor& value, const CallOptions& options) const {
  using namespace functional;
  return Outputs(record_call(GraphAccess::state(*this), {{query}, {value}}, call_keywords(*GraphAccess::state(*this), options)));
}

}  // namespace keratin::layers
