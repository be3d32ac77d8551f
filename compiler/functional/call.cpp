// Calls of layers on symbolic tensors: a layer is expanded alone, in a program that is thrown away, to learn the types of its outputs and its weights.
#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/data/tensors.h"
#include "compiler/functional/model_state.h"
#include "compiler/graph/model.h"
#include "compiler/view/open_sizes.h"
#include "compiler/import/bind_weights.h"
#include "compiler/layers/call_context.h"
#include "ir/eval.h"

namespace keratin::functional {

namespace {

constexpr const char* kFile = "graph";

/// Open dimensions stand for these, one expansion for each: what differs between the two is open in the outputs, too.
constexpr std::array<std::pair<int64_t, int64_t>, 2> kSizes = {{{192, 320}, {64, 96}}};

struct Expanded {
  std::vector<ir::Type> outputs;
  std::vector<std::optional<Shape>> masks;
  Problems problems;
  std::optional<int64_t> wanted_batch;  // the call holds for so many examples only: once more with them
};

Shape fixed(const TensorShape& shape, int64_t open, Dim batch) {
  Shape made;
  for (size_t axis = 0; axis < shape.size(); ++axis) made.dims.push_back(shape[axis] ? Dim(*shape[axis]) : axis == 0 ? batch : Dim(open));
  return made;
}

/// A scratch program with one call of the layer.
class Scratch {
 public:
  Scratch(keratin::Layer& layer, int64_t open, bool training = false)
      : layer_(layer), open_(open), program_(with_predict()), expansion_{program_, result_.problems, kFile, training, {}, 0, {}, {}, {}, {}}, builder_(program_, ir::FunctionId{0}) {}

  ir::Program& program() { return program_; }
  void fix_batch(int64_t batch) { batch_ = Dim(batch); }

  Expanded run(const Node& node) {
    CallInputs inputs;
    for (const CallTree& arg : node.args) inputs.args.push_back(resolved(arg));
    for (const auto& [key, value] : node.kwargs) inputs.kwargs.emplace_back(key, resolved(value));
    const KTensors outputs = call_layer(expansion_, builder_, layer_, layer_.name, inputs);
    if (!result_.problems.empty()) return std::move(result_);
    result_.wanted_batch = expansion_.wanted_batch;
    for (const KTensor& output : outputs) {
      if (output.value.poisoned()) break;
      program_.functions[0].outputs.push_back(output.value.id());
      program_.functions[0].output_names.push_back("y");
      result_.outputs.push_back({output.value.dtype(), output.value.shape()});
      result_.masks.push_back(output.has_mask() ? std::optional(output.mask.shape()) : std::nullopt);
    }
    return std::move(result_);
  }

 private:
  static ir::Program with_predict() {
    ir::Program program;
    program.functions.push_back({});
    program.functions.back().name = "predict";
    return program;
  }

  CallValue resolved(const CallTree& tree) {
    if (const auto* tensor = std::get_if<Tensor>(&tree.value)) return {parameter(*tensor)};
    if (const auto* list = std::get_if<CallTree::List>(&tree.value)) {
      CallValue::List values;
      for (const CallTree& item : *list) values.push_back(resolved(item));
      return {std::move(values)};
    }
    if (const auto* dict = std::get_if<CallTree::Dict>(&tree.value)) {
      CallValue::Dict values;
      for (const auto& [key, item] : *dict) values.emplace_back(key, resolved(item));
      return {std::move(values)};
    }
    return {std::get<Json>(tree.value)};
  }

  KTensor parameter(const Tensor& tensor) {
    const TensorType& type = type_of(tensor);
    KTensor made{builder_.parameter({type.dtype, fixed(type.shape, open_, batch_)}, "x"), {}};
    if (type.mask) made.mask = builder_.parameter({DType::boolean, fixed(*type.mask, open_, batch_)}, "mask");
    return made;
  }

  keratin::Layer& layer_;
  int64_t open_;
  Dim batch_ = kBatch;
  ir::Program program_;
  Expanded result_;
  Expansion expansion_;
  ir::Builder builder_;
};

bool has_open(const std::vector<Tensor>& tensors) {
  return std::any_of(tensors.begin(), tensors.end(), [](const Tensor& tensor) {
    const TensorShape& shape = type_of(tensor).shape;
    return std::any_of(shape.begin() + (shape.empty() ? 0 : 1), shape.end(), [](const auto& extent) { return !extent; });
  });
}

TensorShape common(const Shape& a, const Shape& b) {
  TensorShape shape;
  for (int axis = 0; axis < a.rank(); ++axis) {
    const bool known = a[axis].is_static() && axis < b.rank() && a[axis] == b[axis];
    shape.push_back(known ? std::optional(a[axis].size) : std::nullopt);
  }
  return shape;
}

std::vector<TensorType> common(const Expanded& a, const Expanded& b) {
  std::vector<TensorType> types;
  for (size_t i = 0; i < std::min(a.outputs.size(), b.outputs.size()); ++i) {
    TensorType type{common(a.outputs[i].shape, b.outputs[i].shape), a.outputs[i].dtype, std::nullopt};
    if (a.masks[i] && b.masks[i]) type.mask = common(*a.masks[i], *b.masks[i]);
    types.push_back(std::move(type));
  }
  return types;
}

/// The weights that the expansion declared, in the order of layer.weights.
std::vector<std::shared_ptr<VariableState>> declared(const LayerState& layer) {
  std::vector<std::shared_ptr<VariableState>> list;
  for (const Weight* weight : all_weights(*layer.definition)) {
    auto made = std::make_shared<VariableState>();
    made->name = weight->name;
    made->path = weight->path;
    made->shape = weight->shape.at(0);
    made->dtype = weight->dtype;
    made->trainable = weight->trainable;
    made->frozen = !layer.trainable();
    made->initializer = weight->initializer;
    list.push_back(std::move(made));
  }
  return list;
}

/// The first call builds the weights; later ones must want the same.
void build_or_compare(LayerState& layer, const Node& node) {
  std::vector<std::shared_ptr<VariableState>> now = declared(layer);
  if (!layer.built) {
    for (const auto& weight : now) weight->seed = next_seed();
    layer.weights = std::move(now);
    layer.built = true;
    return;
  }
  for (size_t i = 0; i < now.size(); ++i) {
    const std::string received = node.inputs.empty() ? "()" : shape_text(type_of(node.inputs[0]).shape);
    if (i >= layer.weights.size()) throw ValueError(fmt::format("Layer '{}' was built without its weight '{}', which an input of shape {} needs.", layer.name, now[i]->name, received));
    if (now[i]->shape == layer.weights[i]->shape) continue;
    throw ValueError(fmt::format("Input 0 with name 'None' of layer '{}' is incompatible with the layer: its weight '{}' was built with shape {}, an input of shape {} needs {}.",
                                 layer.name, now[i]->name, keratin::shape_text(layer.weights[i]->shape), received, keratin::shape_text(now[i]->shape)));
  }
}

/// One expansion, or a second one with the number of examples that the first one asked for.
Expanded expanded(LayerState& layer, const Node& node, int64_t open) {
  forget_weights(*layer.definition);
  Expanded first = Scratch(*layer.definition, open).run(node);
  if (!first.wanted_batch || !first.problems.empty()) return first;
  forget_weights(*layer.definition);
  Scratch scratch(*layer.definition, open);
  scratch.fix_batch(*first.wanted_batch);
  return scratch.run(node);
}

std::vector<TensorType> inferred(LayerState& layer, const Node& node) {
  const bool open = has_open(node.inputs);
  Problems problems;
  for (const auto& [small, large] : kSizes) {
    const Expanded first = open ? expanded(layer, node, small) : Expanded(), second = expanded(layer, node, large);
    if (first.problems.empty() && second.problems.empty()) return common(open ? first : second, second);
    if (problems.empty()) problems = second.problems.empty() ? first.problems : second.problems;
    if (!open) break;
  }
  raise(problems, kFile);
}

std::string as_keras_says(const std::string& message, const std::string& file) {
  std::string text = message.starts_with(file + ": ") ? message.substr(file.size() + 2) : message;
  const size_t colon = text.find(": ");
  if (colon == std::string::npos) return text;
  const std::string path = text.substr(0, colon), rest = text.substr(colon + 2);
  if (rest.starts_with("expected ")) return fmt::format("Input 0 with name 'None' of layer '{}' is incompatible with the layer: {}", path, rest);
  if (!rest.empty() && std::isupper(static_cast<unsigned char>(rest[0])) && rest.find('`') != std::string::npos) return rest;  // Keras's own sentence
  return fmt::format("Layer '{}': {}", path, rest);
}

}  // namespace

void raise(const Problems& problems, const std::string& file) {
  std::vector<std::string> lines;
  for (const std::string& message : problems.messages()) lines.push_back(as_keras_says(message, file));
  throw ValueError(fmt::format("{}", fmt::join(lines, "\n")));
}

void flatten(const CallTree& tree, std::vector<Tensor>& tensors) {
  if (const auto* tensor = std::get_if<Tensor>(&tree.value)) {
    tensors.push_back(*tensor);
  } else if (const auto* list = std::get_if<CallTree::List>(&tree.value)) {
    for (const CallTree& item : *list) flatten(item, tensors);
  } else if (const auto* dict = std::get_if<CallTree::Dict>(&tree.value)) {
    std::map<std::string, const CallTree*> sorted;
    for (const auto& [key, item] : *dict) sorted[key] = &item;
    for (const auto& [key, item] : sorted) flatten(*item, tensors);
  }
}

std::vector<Tensor> record_call(const std::shared_ptr<LayerState>& layer, std::vector<CallTree> args, CallTree::Dict kwargs) {
  auto node = std::make_unique<Node>();
  node->args = std::move(args);
  node->kwargs = std::move(kwargs);
  for (const CallTree& arg : node->args) flatten(arg, node->inputs);
  if (layer->model && layer->model->deferred() && node->inputs.size() == 1 && node->inputs[0].is_keras_tensor()) build_sequential(*layer, node->inputs[0].shape());
  if (!layer->definition) throw ValueError(fmt::format("Layer '{}' cannot be called.", layer->name));
  flatten({node->kwargs}, node->inputs);
  for (const Tensor& tensor : node->inputs)
    if (!tensor.is_keras_tensor()) throw ValueError(fmt::format("Layer '{}' was called on a tensor that no layer and no Input has made.", layer->name));
  node->outputs = inferred(*layer, *node);
  if (!layer->model) build_or_compare(*layer, *node);
  forget_weights(*layer->definition);

  std::vector<Tensor> outputs;
  for (const Tensor& tensor : node->inputs) ++GraphAccess::layer(tensor)->outbound;
  const int number = static_cast<int>(layer->nodes.size());
  for (size_t i = 0; i < node->outputs.size(); ++i) outputs.push_back(GraphAccess::tensor(layer, number, static_cast<int>(i)));
  layer->nodes.push_back(std::move(node));
  return outputs;
}

namespace {

/// Tensors of the arrays' types, which only live for one call.
std::vector<Tensor> stand_ins(const std::vector<NDArray>& data) {
  std::vector<Tensor> tensors;
  for (const NDArray& array : data) {
    InputOptions options;
    options.batch_shape.assign(array.shape().begin(), array.shape().end());
    options.dtype = array.dtype();
    options.name = "data";
    tensors.push_back(Input(options));
  }
  return tensors;
}

/// The weights below a layer, by the paths of an expansion of it alone.
std::map<std::string, std::shared_ptr<VariableState>> variables_of(const LayerState& layer) {
  std::map<std::string, std::shared_ptr<VariableState>> map;
  for (const OwnedWeight& weight : weights_of(layer)) map[layer.model ? layer.name + "/" + weight.path : weight.path] = weight.state;
  return map;
}

}  // namespace

std::vector<NDArray> computed_call(const std::shared_ptr<LayerState>& layer, const std::vector<NDArray>& data, const CallOptions& options) {
  if (!layer) throw ValueError("This handle holds no layer.");
  const std::vector<Tensor> tensors = stand_ins(data);
  if (layer->model && layer->model->deferred() && data.size() == 1) {
    TensorShape shape = tensors[0].shape();
    if (!shape.empty()) shape[0] = std::nullopt;
    build_sequential(*layer, shape);
  }
  if (!layer->definition) throw ValueError(fmt::format("Layer '{}' cannot be called.", layer->name));
  Node node;
  node.args = call_arguments(tensors.size() == 1 ? Inputs(tensors[0]) : Inputs(tensors));
  node.kwargs = call_keywords(*layer, options);
  for (const CallTree& arg : node.args) flatten(arg, node.inputs);
  inferred(*layer, node);
  if (!layer->model) build_or_compare(*layer, node);
  forget_weights(*layer->definition);
  Scratch scratch(*layer->definition, 0, options.training.value_or(false));
  const Expanded expanded = scratch.run(node);
  if (!expanded.problems.empty()) raise(expanded.problems, kFile);
  forget_weights(*layer->definition);
  ir::Program& program = scratch.program();
  const auto variables = variables_of(*layer);
  for (ir::Variable& variable : program.variables)
    if (const auto found = variables.find(variable.name); found != variables.end())
      variable.initial = std::make_shared<const ir::Tensor>(to_tensor(found->second->current(), variable.type.dtype));
  ir::Tensors inputs;
  for (const NDArray& array : data) {
    const Array whole = to_engine(array);
    inputs.push_back(to_tensor(whole, whole.dtype));
  }
  ir::Evaluator evaluator(program, 1);
  const Result<ir::Tensors> outputs = evaluator.run(ir::FunctionId{0}, inputs);
  if (!outputs) throw ValueError(fmt::format("Layer '{}': {}", layer->name, outputs.error()));
  for (const ir::Update& update : program.functions[0].updates)
    if (const auto found = variables.find(program.variable(update.variable).name); found != variables.end()) found->second->value = to_array(evaluator.variable(update.variable));
  std::vector<NDArray> arrays;
  for (const ir::Tensor& output : *outputs) arrays.push_back(from_engine(to_array(output)));
  return arrays;
}

std::vector<Tensor> record_operation(const std::string& name, Json::Object config, std::vector<CallTree> args, CallTree::Dict kwargs) {
  return record_call(make_layer(name + ".op", Json(std::move(config)), true), std::move(args), std::move(kwargs));
}

namespace {

CallTree tree_of(const Json& structure, const std::vector<Tensor>& tensors) {
  if (structure.is_int()) {
    const Tensor& tensor = tensors.at(static_cast<size_t>(structure.as_int()));
    return tensor.is_keras_tensor() ? CallTree{tensor} : CallTree{Json()};
  }
  if (structure.is_array()) {
    CallTree::List list;
    for (const Json& entry : structure.as_array()) list.push_back(tree_of(entry, tensors));
    return {std::move(list)};
  }
  CallTree::Dict dict;
  for (const auto& [key, entry] : structure.as_object()) dict.push_back({key, tree_of(entry, tensors)});
  return {std::move(dict)};
}

}  // namespace

std::vector<CallTree> call_arguments(const Inputs& inputs) {
  if (inputs.empty()) throw ValueError("A layer was called without inputs.");
  return {tree_of(inputs.structure(), inputs.tensors())};
}

CallTree::Dict call_keywords(const LayerState& layer, const CallOptions& options) {
  CallTree::Dict kwargs;
  const auto add = [&](const char* key, const Inputs& inputs) {
    if (!inputs.empty()) kwargs.push_back({key, call_arguments(inputs)[0]});
  };
  add("mask", options.mask);
  add("initial_state", options.initial_state);
  add("states", options.states);
  if (options.training) kwargs.push_back({"training", {Json(*options.training)}});
  add("key", options.key);
  add("query_mask", options.query_mask);
  add("value_mask", options.value_mask);
  add("key_mask", options.key_mask);
  add("attention_mask", options.attention_mask);
  if (options.return_attention_scores) kwargs.push_back({"return_attention_scores", {Json(true)}});
  if (options.use_causal_mask) kwargs.push_back({"use_causal_mask", {Json(true)}});
  for (const CallEntry& entry : kwargs)
    if (layer.definition && !layer.definition->takes_argument(entry.first))
      throw ValueError(fmt::format("Layer '{}' ({}) got an unexpected keyword argument '{}'.", layer.name, layer.class_name, entry.first));
  return kwargs;
}

}  // namespace keratin::functional
