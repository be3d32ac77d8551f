#include "compiler/graph/model.h"

#include <fmt/format.h>
#include <map>

#include "compiler/layers/call_context.h"
#include "compiler/layers/input_layer.h"

namespace keratin {

namespace {

/// Outputs of the calls made so far in one expansion of one graph.
class Calls {
 public:
  explicit Calls(const Model& model) : model_(model), outputs_(model.layers.size()) {
    for (size_t i = 0; i < model.layers.size(); ++i) outputs_[i].resize(model.layers[i].calls.size());
  }

  KTensors& at(int layer, int call) { return outputs_[static_cast<size_t>(layer)][static_cast<size_t>(call)]; }

  CallValue resolve(const GraphValue& value, std::vector<std::string>& problems) {
    if (const auto* reference = std::get_if<TensorRef>(&value.value)) return {tensor(*reference, problems)};
    if (const auto* list = std::get_if<GraphValue::List>(&value.value)) {
      CallValue::List resolved;
      for (const GraphValue& item : *list) resolved.push_back(resolve(item, problems));
      return {std::move(resolved)};
    }
    if (const auto* dict = std::get_if<GraphValue::Dict>(&value.value)) {
      CallValue::Dict resolved;
      for (const auto& [key, item] : *dict) resolved.emplace_back(key, resolve(item, problems));
      return {std::move(resolved)};
    }
    return {std::get<Json>(value.value)};
  }

  KTensor tensor(const TensorRef& ref, std::vector<std::string>& problems) {
    const auto& calls = outputs_[static_cast<size_t>(ref.layer)];
    if (ref.call < 0 || ref.call >= static_cast<int>(calls.size())) return {};
    const KTensors& outputs = calls[static_cast<size_t>(ref.call)];
    if (ref.output < static_cast<int>(outputs.size())) return outputs[static_cast<size_t>(ref.output)];
    if (!outputs.empty()) problems.push_back(fmt::format("reads output {} of '{}', which has {}", ref.output, model_.layers[static_cast<size_t>(ref.layer)].name, outputs.size()));
    return {};
  }

 private:
  const Model& model_;
  std::vector<std::vector<KTensors>> outputs_;
};

ir::Types types_of(const KTensors& tensors) {
  ir::Types types;
  for (const KTensor& tensor : tensors)
    if (!tensor.value.poisoned()) types.push_back({tensor.value.dtype(), tensor.value.shape()});
  return types;
}

Model::CallTypes types_of_call(const Model::CallRef& at, const CallInputs& inputs, const KTensors& outputs) {
  Model::CallTypes types{at, {}, types_of(outputs)};
  KTensors read;
  for (const CallValue& value : inputs.args)
    for (const KTensor& tensor : value.flatten()) read.push_back(tensor);
  for (const KTensor& tensor : CallValue{inputs.kwargs}.flatten()) read.push_back(tensor);
  types.inputs = types_of(read);
  return types;
}

/// Keras 3 runs a whole graph in the mode of the call, whatever mode the graph recorded (every Dropout records one: false). In tf.keras
/// and Keras 2 what a call recorded comes first.
bool is_overridden(const CallContext& ctx, const std::string& key) { return key == "training" && ctx.version().keras3(); }

}  // namespace

KTensors Model::call(CallContext& ctx, const CallInputs& given) {
  const KTensors values = given.tensors();
  if (unbuilt) return ctx.fail("was saved before it knew its input's shape and has no weights");
  if (values.size() != inputs.size()) return ctx.fail(fmt::format("takes {} input{}, got {}", inputs.size(), inputs.size() == 1 ? "" : "s", values.size()));
  call_types.clear();
  Calls calls(*this);
  std::map<std::pair<int, int>, KTensor> fed;
  for (size_t i = 0; i < inputs.size(); ++i) fed[{inputs[i].layer, inputs[i].call}] = values[i];

  const std::string prefix = ctx.path().empty() ? "" : ctx.path() + "/";
  for (const CallRef& at : order) {
    GraphLayer& entry = layers[static_cast<size_t>(at.layer)];
    if (!entry.layer) continue;  // refused while reading: its outputs stay poisoned
    CallInputs arguments;
    std::vector<std::string> problems;
    if (const auto found = fed.find({at.layer, at.call}); found != fed.end()) {
      arguments.args.push_back({found->second});
    } else {
      const GraphCall& call = entry.calls[static_cast<size_t>(at.call)];
      for (const GraphValue& arg : call.args) arguments.args.push_back(calls.resolve(arg, problems));
      for (const auto& [key, value] : call.kwargs)
        if (!is_overridden(ctx, key)) arguments.kwargs.emplace_back(key, calls.resolve(value, problems));
    }
    for (const std::string& problem : problems) ctx.expansion().problems.add(fmt::format("{}: {}{}: {}", ctx.expansion().file, prefix, entry.name, problem));
    if (!problems.empty()) continue;
    KTensors& outputs_of_call = calls.at(at.layer, at.call);
    outputs_of_call = call_layer(ctx.expansion(), ctx.b, *entry.layer, prefix + entry.name, arguments);
    call_types.push_back(types_of_call(at, arguments, outputs_of_call));
  }
  KTensors results;
  std::vector<std::string> problems;
  for (const TensorRef& ref : outputs) results.push_back(calls.tensor(ref, problems));
  for (const std::string& problem : problems) ctx.fail(fmt::format("output_layers: {}", problem));
  return results;
}

}  // namespace keratin
