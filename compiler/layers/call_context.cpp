#include "compiler/layers/call_context.h"

#include <fmt/format.h>

#include "compiler/regularizers/regularizer.h"

namespace keratin {

namespace {


KTensor cast_float(ir::Builder& b, KTensor tensor, DType to) {
  if (!tensor.value.poisoned() && is_float(tensor.value.dtype())) tensor.value = b.cast(tensor.value, to);
  return tensor;
}

CallValue cast_floats(ir::Builder& b, const CallValue& value, DType to) {
  if (const KTensor* tensor = value.tensor()) return {cast_float(b, *tensor, to)};
  if (const CallValue::List* list = value.list()) {
    CallValue::List cast;
    for (const CallValue& item : *list) cast.push_back(cast_floats(b, item, to));
    return {std::move(cast)};
  }
  if (const CallValue::Dict* dict = value.dict()) {
    CallValue::Dict cast;
    for (const auto& [key, item] : *dict) cast.emplace_back(key, cast_floats(b, item, to));
    return {std::move(cast)};
  }
  return value;
}

bool has_poison(const CallValue& value) {
  for (const KTensor& tensor : value.flatten())
    if (tensor.value.poisoned()) return true;
  return false;
}

}  // namespace

Weight& CallContext::weight(const std::string& name, Shape shape, WeightOptions options) {
  for (auto& known : layer_.weights) {
    if (known->name != name) continue;
    if (known->shape != shape) fail(fmt::format("{} was built as {} and would be {} in this call", name, keras_shape(known->shape), keras_shape(shape)));
    if (known->variable.valid()) return regularize(*known, options.regularizer), *known;
    known->variable = {};
  }
  auto weight = std::make_unique<Weight>();
  weight->name = name;
  weight->dtype = options.dtype.value_or(layer_.dtype.variable);
  weight->trainable = options.trainable;
  weight->role = options.role;
  weight->initializer = std::move(options.initializer);
  weight->path = path_ + "/" + name;
  weight->shape = shape;
  ir::Program& program = expansion_.program;
  weight->variable = ir::VariableId{static_cast<uint32_t>(program.variables.size())};
  program.variables.push_back({weight->path, {weight->dtype, shape}, weight->role, weight->trainable && layer_.trainable, nullptr, b.origin()});
  if (expansion_.built.empty() || expansion_.built.back() != &layer_) expansion_.built.push_back(&layer_);
  layer_.weights.push_back(std::move(weight));
  regularize(*layer_.weights.back(), options.regularizer);
  return *layer_.weights.back();
}

void CallContext::regularize(const Weight& weight, const Json& regularizer) {
  if (regularizer.is_null() || !weight.trainable || !layer_.trainable || !expansion_.regularized.insert(weight.variable).second) return;
  const Val term = regularization(*this, regularizer, read_exact(weight));
  if (!term.poisoned()) add_loss(term);
}

Weight& CallContext::state(const std::string& name, Shape shape, WeightOptions options) {
  for (auto& known : layer_.states)
    if (known->name == name) return *known;
  auto made = std::make_unique<Weight>();
  made->name = name;
  made->path = path_ + "/" + name;
  made->shape = shape;
  made->dtype = options.dtype.value_or(layer_.dtype.variable);
  made->trainable = false;
  made->role = options.role;
  ir::Program& program = expansion_.program;
  made->variable = ir::VariableId{static_cast<uint32_t>(program.variables.size())};
  auto zeros = std::make_shared<const ir::Tensor>(made->dtype, shape.at(0));
  program.variables.push_back({made->path, {made->dtype, shape}, made->role, false, std::move(zeros), b.origin()});
  layer_.states.push_back(std::move(made));
  return *layer_.states.back();
}

Val CallContext::read_exact(const Weight& weight) {
  for (auto it = expansion_.current.rbegin(); it != expansion_.current.rend(); ++it)
    if (it->first == weight.variable) return it->second;
  Val value = b.read(weight.variable);
  b.name(value, layer_.name + "_" + weight.name);
  return value;
}

Val CallContext::read(const Weight& weight) {
  Val value = read_exact(weight);
  return is_float(weight.dtype) && is_float(compute()) ? b.cast(value, compute()) : value;
}

void CallContext::update(const Weight& weight, Val value) {
  if (value.poisoned()) return;
  b.update(weight.variable, value);
  expansion_.current.emplace_back(weight.variable, value);
}

KTensors CallContext::call_child(Layer& child, const CallInputs& inputs) {
  return call_layer(expansion_, b, child, path_ + "/" + child.name, inputs);
}

Val CallContext::fail_value(const std::string& message) {
  expansion_.problems.add(fmt::format("{}: {}: {}", expansion_.file, path_, message));
  return {};
}

KTensors CallContext::fail(const std::string& message) {
  fail_value(message);
  return KTensors(8);  // poisoned, enough for any layer with several outputs
}

namespace {

void add_activity_regularization(CallContext& ctx, const Json& regularizer, const KTensors& outputs) {
  for (const KTensor& output : outputs) {
    Val term = regularization(ctx, regularizer, output.value);
    if (term.poisoned()) continue;
    // Keras 2.0-2.3 add the whole sum; tf.keras and Keras 3 divide it by the batch size.
    const bool divided = ctx.version().keras3() || ctx.version().tensorflow;
    ctx.add_loss(divided ? term / ctx.b.size(output.value.dim(0), term.dtype()) : term);
  }
}

}  // namespace

KTensors call_layer(Expansion& expansion, ir::Builder& builder, Layer& layer, const std::string& path, const CallInputs& given) {
  // Nested models that call each other twice double with every level: a small file can ask for more than any machine can hold.
  constexpr size_t kMaxCalls = 200'000;
  if (expansion.program.origins.size() >= kMaxCalls) {
    expansion.problems.add(fmt::format("{}: makes more than {} calls of layers, those within nested models counted", expansion.file, kMaxCalls));
    return KTensors(8);
  }
  const ir::OriginId outer = builder.origin();
  if (layer.children.empty() || !outer.valid()) {
    expansion.program.origins.push_back({path, fmt::format("{}: {}", layer.name, layer.describe()), false});
    builder.set_origin(ir::OriginId{static_cast<uint32_t>(expansion.program.origins.size() - 1)});
  }
  CallContext ctx(expansion, builder, layer, path);
  for (const CallValue& value : given.args)
    if (has_poison(value)) return builder.set_origin(outer), KTensors(8);
  for (const auto& [key, value] : given.kwargs)
    if (has_poison(value)) return builder.set_origin(outer), KTensors(8);

  CallInputs inputs = given;
  if (layer.autocasts() && !layer.is_operation && is_float(layer.dtype.compute)) {
    for (CallValue& value : inputs.args) value = cast_floats(builder, value, layer.dtype.compute);
    for (auto& [key, value] : inputs.kwargs) value = cast_floats(builder, value, layer.dtype.compute);
  }
  builder.take_errors();
  KTensors outputs = layer.call(ctx, inputs);
  for (const std::string& error : builder.take_errors()) ctx.fail(error);

  const KTensors tensors = inputs.tensors();
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].value.poisoned()) continue;
    if (layer.passes_mask() && !outputs[i].has_mask() && !tensors.empty()) outputs[i].mask = tensors[0].mask;
    builder.name(outputs[i].value, i == 0 ? layer.name : fmt::format("{}_{}", layer.name, i));
  }
  if (!layer.activity_regularizer.is_null() && !outputs.empty()) add_activity_regularization(ctx, layer.activity_regularizer, {outputs[0]});
  builder.set_origin(outer);
  return outputs;
}

}  // namespace keratin
