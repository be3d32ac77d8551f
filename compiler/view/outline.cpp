#include "compiler/view/outline.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>
#include <string_view>

#include "compiler/view/open_sizes.h"
#include "compiler/view/optimizer_state.h"
#include "compiler/graph/keras_order.h"
#include "compiler/import/bind_weights.h"
#include "compiler/layers/input_layer.h"

namespace keratin {

namespace {

/// Classes that Keras takes for built as soon as they are made.
constexpr std::string_view kBuiltAtOnce[] = {
    "Activation", "ActivityRegularization", "AlphaDropout", "AveragePooling1D", "AveragePooling2D", "AveragePooling3D", "Dropout", "ELU", "GaussianDropout",
    "GaussianNoise", "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D", "GlobalMaxPooling1D", "GlobalMaxPooling2D",
    "GlobalMaxPooling3D", "Identity", "LeakyReLU", "Masking", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "ReLU", "Reshape", "Softmax",
    "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "UnitNormalization"};

/// Calls of one expansion by layer and call.
using Calls = std::map<std::pair<int, int>, Model::CallTypes>;

Calls by_call(const std::vector<Model::CallTypes>& list) {
  Calls calls;
  for (const Model::CallTypes& types : list) calls[{types.at.layer, types.at.call}] = types;
  return calls;
}

OpenShape open_shape(const Shape& a, const Shape& b) {
  OpenShape shape;
  for (int axis = 0; axis < a.rank(); ++axis) {
    const bool known = a[axis].is_static() && axis < b.rank() && a[axis] == b[axis];
    shape.push_back(known ? std::optional<int64_t>(a[axis].size) : std::nullopt);
  }
  return shape;
}

std::vector<OpenShape> open_shapes(const ir::Types& a, const ir::Types& b) {
  std::vector<OpenShape> shapes;
  for (size_t i = 0; i < a.size() && i < b.size(); ++i) shapes.push_back(open_shape(a[i].shape, b[i].shape));
  return shapes;
}

ParameterCount count(const std::vector<Weight*>& weights) {
  ParameterCount total;
  for (const Weight* weight : std::set<const Weight*>(weights.begin(), weights.end())) {
    const int64_t number = weight->shape.static_count();
    total.number += number;
    total.bytes += number * static_cast<int64_t>(size_of(weight->dtype));
  }
  return total;
}

class Outliner {
 public:
  Outliner(const std::string& file, Problems& problems) : file_(file), problems_(problems) {}

  Outline of(Model& model) {
    std::map<const Layer*, std::shared_ptr<Outline>> nested;
    if (!model.unbuilt)
      for (GraphLayer& entry : model.layers)
        if (auto* inner = dynamic_cast<Model*>(entry.layer.get()); inner && !nested.contains(inner)) nested[inner] = std::make_shared<Outline>(of(*inner));
    if (!model.unbuilt) run(model);
    KerasOrder order;
    if (!model.sequential) order = keras_order(model);
    for (size_t i = 0; model.sequential && i < model.layers.size(); ++i)
      if (!dynamic_cast<const InputLayer*>(model.layers[i].layer.get())) order.layers.push_back(static_cast<int>(i));
    Outline outline{model.name, model.class_name, is_path(model, order), {}, {}, {}, count(trainable_weights(model)), count(non_trainable_weights(model)), {}};
    if (!problems_.empty()) return outline;
    std::map<int, int> places;
    for (int layer : order.layers) places.emplace(layer, static_cast<int>(places.size()));
    std::set<std::pair<int, int>> relevant;
    for (const auto& calls : order.calls)
      for (const Model::CallRef& at : calls) relevant.emplace(at.layer, at.call);
    for (int at : order.layers) {
      const GraphLayer& entry = model.layers[static_cast<size_t>(at)];
      OutlineLayer layer{entry.name, keras_class(*entry.layer), entry.layer->is_operation, !model.unbuilt || built_at_once(*entry.layer), count(all_weights(*entry.layer)).number, {}, nullptr};
      if (const auto inner = nested.find(entry.layer.get()); inner != nested.end()) layer.model = inner->second;
      for (size_t call = 0; !model.unbuilt && call < entry.calls.size(); ++call) {
        layer.calls.push_back(outline_call(at, static_cast<int>(call)));
        if (const auto* input = dynamic_cast<const InputLayer*>(entry.layer.get())) layer.calls.back().outputs = {input->batch_shape};  // as declared
        if (model.sequential || relevant.contains({at, static_cast<int>(call)})) layer.calls.back().reads = placed(reads_of(entry.calls[call]), places);
      }
      outline.layers.push_back(std::move(layer));
    }
    outline.outputs = placed(model.outputs, places);
    for (const TensorRef& input : model.inputs)
      if (const auto place = places.find(input.layer); place != places.end()) outline.inputs.push_back(place->second);
    return outline;
  }

 private:
  /// Operations are registered as `Add.op`, beside the layer of that name.
  static std::string keras_class(const Layer& layer) {
    const std::string& name = layer.class_name;
    return layer.is_operation && name.ends_with(".op") ? name.substr(0, name.size() - 3) : name;
  }

  static bool built_at_once(const Layer& layer) { return std::find(std::begin(kBuiltAtOnce), std::end(kBuiltAtOnce), layer.class_name) != std::end(kBuiltAtOnce); }

  void run(Model& model) {
    const std::optional<TwoExpansions> expanded = expand_at_two_sizes(model, file_, problems_);
    if (!expanded) return;
    second_ = by_call(expanded->second_calls);
    first_ = expanded->differ ? by_call(expanded->first_calls) : second_;
  }

  OutlineCall outline_call(int layer, int call) const {
    OutlineCall made;
    const auto a = first_.find({layer, call}), b = second_.find({layer, call});
    if (a == first_.end() || b == second_.end()) return made;
    made.inputs = open_shapes(a->second.inputs, b->second.inputs);
    made.outputs = open_shapes(a->second.outputs, b->second.outputs);
    return made;
  }

  static std::vector<OutlineRead> placed(const std::vector<TensorRef>& refs, const std::map<int, int>& places) {
    std::vector<OutlineRead> reads;
    for (const TensorRef& ref : refs)
      if (const auto place = places.find(ref.layer); place != places.end()) reads.push_back({place->second, ref.call, ref.output});
    return reads;
  }

  const std::string& file_;
  Problems& problems_;
  Calls first_, second_;  // of the graph that `of` is at
};

}  // namespace

namespace {

/// The optimizer as Keras has it after opening the file. From .h5 files it comes without slots, filled as these are at its first step.
std::optional<ParameterCount> optimizer_of(const ReadModel& read) {
  const auto member = [](const Json& object, const char* key) {
    const Json* value = object.find(key);
    return value ? *value : Json();
  };
  if (read.file.container == Container::hdf5) {
    if (!read.file.weights || read.file.weights->optimizer().empty()) return std::nullopt;
    return optimizer_state(member(read.file.training_config, "optimizer_config"), {});
  }
  if (!read.file.compile_config.is_object() || read.file.compile_config.as_object().empty()) return std::nullopt;  // not compiled
  const Json* named = read.file.compile_config.find("optimizer");
  return optimizer_state(named ? *named : Json("rmsprop"), trainable_weights(*read.model));  // rmsprop is what compile() takes without being told
}

}  // namespace

std::optional<Outline> outline_of(ReadModel& read, Problems& problems) {
  if (!problems.empty()) return std::nullopt;
  Outline outline = Outliner(read.file.path, problems).of(*read.model);
  if (!problems.empty()) return std::nullopt;
  outline.optimizer = optimizer_of(read);
  return outline;
}

}  // namespace keratin
