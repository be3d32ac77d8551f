#include "compiler/import/functional_reader.h"

#include <algorithm>
#include <climits>
#include <fmt/format.h>
#include <map>

#include "compiler/import/graph_reader.h"
#include "compiler/import/legacy_nodes.h"

namespace keratin {

namespace {

/// An index of the file as an int; what no int holds is out of every range.
int index_of(const Json& value) { return static_cast<int>(std::clamp<int64_t>(value.as_int(), -1, INT_MAX)); }

/// Reads the graph of one Functional config.
class FunctionalReader {
 public:
  FunctionalReader(Model& model, const std::string& path, ReadContext& context) : model_(model), path_(path), context_(context) {}

  void read(const Json& config) {
    read_layers(config.member("layers"));
    for (size_t i = 0; i < model_.layers.size(); ++i) read_calls(i);
    read_ends("input_layers", config.member("input_layers"), model_.inputs);
    read_ends("output_layers", config.member("output_layers"), model_.outputs);
    if (config.member("input_layers").is_array() && model_.inputs.empty()) problem("", "input_layers names no layer");
    if (config.member("output_layers").is_array() && model_.outputs.empty()) problem("", "output_layers names no layer");
  }

 private:
  std::string where(std::string_view layer = "") const {
    std::string text = context_.file;
    if (!path_.empty()) text += ": " + path_;
    if (!layer.empty()) text += (path_.empty() ? ": " : "/") + std::string(layer);
    return text;
  }
  void problem(std::string_view layer, const std::string& message) { context_.problems.add(fmt::format("{}: {}", where(layer), message)); }

  void read_layers(const Json& layers) {
    if (!layers.is_array()) return problem("", "config.layers is missing");
    for (const Json& entry : layers.as_array()) {
      const Json& config = entry.member("config");
      const Json& name = entry.member("name").is_string() ? entry.member("name") : config.member("name");
      GraphLayer layer;
      layer.name = name.is_string() ? name.as_string() : fmt::format("layer_{}", model_.layers.size());
      layer.json = entry;
      if (!by_name_.emplace(layer.name, static_cast<int>(model_.layers.size())).second) problem(layer.name, "two layers have this name");
      layer.layer = read_layer(entry, path_, context_);
      model_.layers.push_back(std::move(layer));
    }
  }

  void read_calls(size_t index) {
    GraphLayer& layer = model_.layers[index];
    const Json& nodes = layer.json.member("inbound_nodes");
    if (!nodes.is_array()) return;
    for (const Json& node : nodes.as_array()) {
      GraphCall call;
      if (node.is_object() && (node.find("args") || node.find("kwargs"))) {
        if (node.member("args").is_array())
          for (const Json& arg : node.member("args").as_array()) call.args.push_back(convert(arg, layer.name));
        if (node.member("kwargs").is_object())
          for (const auto& [key, value] : node.member("kwargs").as_object()) call.kwargs.emplace_back(key, convert(value, layer.name));
      } else {
        LegacyNodeReader legacy([&](const std::string& name) { return by_name_.contains(name); },
                                [&](const Json& l, const Json& c, const Json& t) { return reference(l, c, t, layer.name, TensorRef::Form::list); });
        call = legacy.read(node);
        for (const std::string& message : legacy.problems()) problem(layer.name, message);
      }
      layer.calls.push_back(std::move(call));
    }
    if (layer.calls.empty()) layer.calls.push_back({});  // an InputLayer: called once, without arguments
  }

  /// The value of Keras 3's args and kwargs: tensors by history, constants of several kinds, nested freely.
  GraphValue convert(const Json& value, const std::string& reader) {
    if (value.is_array()) {
      GraphValue::List list;
      for (const Json& item : value.as_array()) list.push_back(convert(item, reader));
      return {std::move(list)};
    }
    if (!value.is_object()) return {value};
    const Json& class_name = value.member("class_name");
    if (class_name.is_string() && class_name.as_string() == "__keras_tensor__") {
      const Json& history = value.member("config").member("keras_history");
      if (!history.is_array() || history.as_array().size() != 3) {
        problem(reader, "keras_history is no triple");
        return {Json()};
      }
      return reference(history.as_array()[0], history.as_array()[1], history.as_array()[2], reader, TensorRef::Form::history);
    }
    if (class_name.is_string()) return {value};  // __numpy__, __tensor__, __slice__, __ellipsis__, a dtype: the operation reads it
    GraphValue::Dict dict;
    for (const auto& [key, item] : value.as_object()) dict.emplace_back(key, convert(item, reader));
    return {std::move(dict)};
  }

  GraphValue reference(const Json& name, const Json& call, const Json& output, const std::string& reader, TensorRef::Form form) {
    if (!name.is_string() || !call.is_int() || !output.is_int()) {
      problem(reader, "a tensor reference is no triple of layer, node and tensor");
      return {Json()};
    }
    const auto found = by_name_.find(name.as_string());
    if (found == by_name_.end()) {
      problem(reader, fmt::format("reads layer '{}', which does not exist", name.as_string()));
      return {Json()};
    }
    return {TensorRef{found->second, index_of(call), index_of(output), form}};
  }

  void read_ends(std::string_view key, const Json& ends, std::vector<TensorRef>& out) {
    if (ends.is_array() && ends.as_array().size() >= 3 && ends.as_array()[0].is_string()) return read_end(key, ends, out);
    if (ends.is_array()) {
      for (const Json& end : ends.as_array()) read_ends(key, end, out);
      return;
    }
    if (ends.is_object()) {  // dictionaries flatten in the order of their sorted keys
      std::map<std::string, const Json*> sorted;
      for (const auto& [name, end] : ends.as_object()) sorted[name] = &end;
      for (const auto& [name, end] : sorted) read_ends(key, *end, out);
      return;
    }
    problem("", fmt::format("{} is no list of layers", key));
  }

  void read_end(std::string_view key, const Json& end, std::vector<TensorRef>& out) {
    const Json::Array& triple = end.as_array();
    const auto found = by_name_.find(triple[0].as_string());
    if (found == by_name_.end()) return problem("", fmt::format("{} names layer '{}', which does not exist", key, triple[0].as_string()));
    if (!triple[1].is_int() || !triple[2].is_int()) return problem("", fmt::format("{} of '{}' is no triple of layer, node and tensor", key, triple[0].as_string()));
    out.push_back({found->second, index_of(triple[1]), index_of(triple[2]), TensorRef::Form::end});
  }

  Model& model_;
  std::string path_;
  ReadContext& context_;
  std::map<std::string, int> by_name_;
};

}  // namespace

std::shared_ptr<Model> read_graph(const Json& serialized, const std::string& path, ReadContext& context) {
  auto model = std::make_shared<Model>();
  const Json& config = serialized.member("config");
  model->class_name = serialized.member("class_name").as_string();
  model->sequential = model->class_name == "Sequential";
  if (!model->sequential) model->class_name = "Functional";
  model->version = context.version;
  if (config.member("name").is_string()) model->name = config.member("name").as_string();
  if (config.member("trainable").is_bool()) model->trainable = config.member("trainable").as_bool();
  // Only a Sequential keeps its own policy in the file; training scales the loss by it.
  const Json& policy = config.member("dtype").member("config");
  if (model->sequential && policy.member("name") == Json("mixed_float16")) model->dtype = {DType::float16, DType::float32};
  if (model->sequential)
    read_sequential(*model, serialized, path, context);
  else
    FunctionalReader(*model, path, context).read(config);
  normalize_call_indices(*model);
  const std::string where = path.empty() ? context.file : context.file + ": " + path;
  check_references(*model, where, context);
  order_calls(*model, where, context);
  name_ends(*model);
  return model;
}

}  // namespace keratin
