#include "keratin/model.h"

#include <cstdio>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "codegen/names.h"
#include "compiler/data/tensors.h"
#include "compiler/export/write_model.h"
#include "compiler/functional/api_code.h"
#include "compiler/functional/model_run.h"
#include "compiler/functional/serialized.h"
#include "compiler/import/bind_weights.h"
#include "compiler/view/draw.h"
#include "compiler/view/open_sizes.h"
#include "compiler/view/plot_text.h"
#include "compiler/view/summary_text.h"

namespace keratin::functional {

LayerState& model_of(const std::shared_ptr<LayerState>& layer) {
  if (!layer) throw ValueError("This handle holds no model.");
  if (!layer->model) throw ValueError(fmt::format("Layer '{}' is no model.", layer->name));
  return *layer;
}

LayerState& built_model(const std::shared_ptr<LayerState>& layer) {
  LayerState& state = model_of(layer);
  if (state.model->deferred()) throw ValueError(fmt::format("Sequential model '{}' has no input yet: begin it with an Input, call `build(input_shape)`, or call it on data.", state.name));
  return state;
}

namespace {

void require_all(const Problems& problems, const std::string& file) {
  if (!problems.empty()) raise(problems, file);
}

std::shared_ptr<LayerState> new_model(const std::string& class_name, const ModelOptions& options) {
  auto state = std::make_shared<LayerState>();
  state->class_name = class_name;
  state->name = options.name.empty() ? automatic_name(class_name) : options.name;
  state->module = class_name == "Sequential" ? "keras" : "keras.src.models.functional";
  state->registered_name = class_name == "Sequential" ? "" : "Functional";
  state->model = std::make_shared<ModelState>();
  state->model->sequential = class_name == "Sequential";
  return state;
}

TensorShape only(const std::vector<Tensor>& tensors, const char* what, const std::string& name) {
  if (tensors.size() != 1) throw AttributeError(fmt::format("The model \"{}\" has {} {}s, each with its own shape.", name, tensors.size(), what));
  return tensors[0].shape();
}

}  // namespace

Model::Model(const Inputs& inputs, const Inputs& outputs, const ModelOptions& options) : Layer(new_model("Functional", options)) {
  if (inputs.empty() || outputs.empty()) throw ValueError("A model needs inputs and outputs.");
  ModelState& model = *state_->model;
  model.inputs = inputs.tensors();
  model.input_structure = inputs.structure();
  model.outputs = outputs.tensors();
  model.output_structure = outputs.structure();
  refresh(*state_);
  state_->built = true;
  if (options.trainable) set_trainable(*options.trainable);
}

Model::Model(const Layer& layer) : Layer(layer) { model_of(state_); }

std::vector<Layer> Model::layers() const {
  std::vector<Layer> list;
  for (const auto& layer : model_of(state_).model->layers) list.push_back(GraphAccess::handle(layer));
  return list;
}

Layer Model::get_layer(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& layer : model_of(state_).model->layers) {
    if (layer->name == name) return GraphAccess::handle(layer);
    names.push_back("'" + layer->name + "'");
  }
  throw ValueError(fmt::format("No such layer: {}. Existing layers are: [{}].", name, fmt::join(names, ", ")));
}

Layer Model::get_layer(int index) const {
  const auto& list = model_of(state_).model->layers;
  if (index < 0 || static_cast<size_t>(index) >= list.size())
    throw ValueError(fmt::format("Was asked to retrieve layer at index {} but model only has {} layers.", index, list.size()));
  return GraphAccess::handle(list[static_cast<size_t>(index)]);
}

std::vector<Tensor> Model::inputs() const { return model_of(state_).model->inputs; }
std::vector<Tensor> Model::outputs() const { return model_of(state_).model->outputs; }
Tensor Model::input() const {
  if (inputs().size() != 1) throw AttributeError(fmt::format("The model \"{}\" has {} inputs.", name(), inputs().size()));
  return inputs()[0];
}
Tensor Model::output() const {
  if (outputs().size() != 1) throw AttributeError(fmt::format("The model \"{}\" has {} outputs.", name(), outputs().size()));
  return outputs()[0];
}
TensorShape Model::input_shape() const { return only(inputs(), "input", name()); }
TensorShape Model::output_shape() const { return only(outputs(), "output", name()); }

std::vector<std::string> Model::input_names() const {
  std::vector<std::string> names;
  for (const Tensor& tensor : inputs()) names.push_back(tensor.layer().name());
  return names;
}
std::vector<std::string> Model::output_names() const {
  std::vector<std::string> names;
  for (const Tensor& tensor : outputs()) names.push_back(tensor.layer().name());
  return names;
}

// ---- looking at it

std::string Model::summary_text(const SummaryOptions& options) const {
  LayerState& state = built_model(state_);
  refresh(state);
  Problems problems;
  std::optional<Outline> outline = outline_of(state.model->source, problems);
  require_all(problems, state.name);
  const Engines* engines = state.model->engines.get();
  if (!engines || (engines->optimizer.empty() && engines->stored_optimizer.empty())) outline->optimizer.reset();  // it has no variables before its first step
  // Keras leaves four columns of a terminal free; a line length is taken as it is.
  const Result<std::string> text = keratin::summary_text(*outline, {options.line_length + 4, options.expand_nested});
  if (!text) throw ValueError(text.error());
  return *text;
}

void Model::summary(const SummaryOptions& options) const { std::fputs(summary_text(options).c_str(), stdout); }

std::string Model::to_json() const {
  LayerState& state = built_model(state_);
  refresh(state);
  return state.model->source.file.config.dump();
}

std::string Model::to_code(const std::string& function) const {
  LayerState& state = built_model(state_);
  refresh(state);
  const Result<std::string> code = api_code(*state.model->source.model, state.model->source.file.config, function.empty() ? "build_" + identifier(state.name) : function);
  if (!code) throw ValueError(code.error());
  return *code;
}

void Model::plot_model(const std::string& to_file) const {
  LayerState& state = built_model(state_);
  refresh(state);
  Problems problems;
  const std::optional<Outline> outline = outline_of(state.model->source, problems);
  require_all(problems, state.name);
  if (const Result<Done> written = write_drawing(model_dot(*outline, false), to_file); !written) throw OSError(written.error());
}

// ---- files

void declare_weights(LayerState& state) {
  Problems problems;
  expand_at_two_sizes(*state.model->source.model, state.name, problems);
  require_all(problems, state.name);
}

void Model::save(const std::string& path) const {
  LayerState& state = built_model(state_);
  refresh(state);
  declare_weights(state);
  if (const Result<Done> written = write_model(state.model->source, saved_state(state), path); !written) throw OSError(written.error());
}

void Model::save_weights(const std::string& path) const {
  if (!path.ends_with(".weights.h5")) throw ValueError(fmt::format("The filename must end in `.weights.h5`. Received: filepath={}", path));
  save(path);
}

void Model::load_weights(const std::string& path) const {
  LayerState& state = built_model(state_);
  const Result<SharedWeights> store = open_weight_file(path);
  if (!store) throw OSError(store.error());
  Problems problems;
  std::optional<TwoExpansions> expanded = expand_at_two_sizes(*state.model->source.model, state.name, problems);
  if (expanded) bind_weights(expanded->second.program, *state.model->source.model, **store, path, problems);
  if (!problems.empty()) raise(problems, path);
  take_values(state, expanded->second);
}

// ---- a path of layers

Sequential::Sequential(const std::vector<Layer>& layers, const ModelOptions& options) : Model(new_model("Sequential", options)) {
  for (const Layer& layer : layers) add(layer);
  if (options.trainable) set_trainable(*options.trainable);
}

Sequential::Sequential(const Tensor& input, const std::vector<Layer>& layers, const ModelOptions& options) : Model(new_model("Sequential", options)) {
  add(input.layer());
  for (const Layer& layer : layers) add(layer);
  if (options.trainable) set_trainable(*options.trainable);
}

namespace {

/// A Sequential's next layer reads what the last one gives.
void connect(const LayerState& state, const std::shared_ptr<LayerState>& layer) {
  ModelState& model = *state.model;
  model.outputs = record_call(layer, {{model.outputs[0]}}, {});
  if (model.outputs.size() > 1) throw ValueError(fmt::format("Layer '{}' gives {} tensors; a layer of a Sequential gives one.", layer->name, model.outputs.size()));
}

}  // namespace

void build_sequential(LayerState& state, const TensorShape& shape) {
  ModelState& model = *state.model;
  if (model.layers.empty()) throw ValueError(fmt::format("Sequential model {} cannot be built because it has no layers. Call `model.add(layer)`.", state.name));
  InputOptions options;
  options.batch_shape = shape;
  if (const auto& first = model.layers[0]->definition) options.dtype = std::string(name_of(first->dtype.compute));
  const Tensor input = Input(options);
  model.inputs = model.outputs = {input};
  try {
    for (const auto& layer : model.layers) connect(state, layer);
  } catch (const Exception&) {
    model.inputs.clear();
    model.outputs.clear();
    throw;
  }
  model.input_layer = GraphAccess::layer(input);
  state.built = true;
  refresh(state);
}

void build_if_deferred(LayerState& state, const Data& x) {
  if (!state.model->deferred()) return;
  if (x.arrays().size() != 1) throw ValueError(fmt::format("Sequential model '{}' takes one input, {} are given.", state.name, x.arrays().size()));
  TensorShape shape(x.arrays()[0].shape().begin(), x.arrays()[0].shape().end());
  if (!shape.empty()) shape[0] = std::nullopt;
  build_sequential(state, shape);
}

void Sequential::build(const TensorShape& input_shape) const {
  LayerState& state = model_of(state_);
  if (state.model->deferred()) build_sequential(state, input_shape);
}

void Sequential::add(const Layer& layer) const {
  LayerState& state = model_of(state_);
  ModelState& model = *state.model;
  const std::shared_ptr<LayerState>& added = GraphAccess::state(layer);
  if (!added) throw ValueError("This handle holds no layer.");
  if (added->class_name == "InputLayer") {
    if (!model.layers.empty() || model.input_layer) throw ValueError(fmt::format("Sequential model '{}' has already been configured to use input shape. You cannot add a different Input layer to it.", state.name));
    model.input_layer = added;
    model.inputs = model.outputs = {GraphAccess::tensor(added, 0, 0)};
    return;
  }
  for (const auto& other : model.layers)
    if (other->name == added->name)
      throw ValueError(fmt::format("All layers added to a Sequential model should have unique names. Name '{}' is already the name of a layer in this model. Update the `name` argument to pass a unique name.", added->name));
  if (model.input_layer) connect(state, added);
  model.layers.push_back(added);
  ++state.changes;
  if (!model.input_layer) return;
  state.built = true;
  refresh(state);
}

}  // namespace keratin::functional
