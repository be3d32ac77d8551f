// Sequential configs: a list (Keras 1, 2.0-2.2.2) or {name, layers, build_input_shape}, with or without an InputLayer in front.
#include <fmt/format.h>

#include "compiler/import/functional_reader.h"
#include "compiler/import/graph_reader.h"

namespace keratin {

namespace {

bool is_shape(const Json& value) { return value.is_array() && !value.as_array().empty(); }

/// The shape, batch included, that the first layer or the model itself was built with; null if nobody says it.
Json input_shape_of(const Json& serialized, const Json& first) {
  const Json& first_config = first.member("config");
  for (const Json* candidate : {&first_config.member("batch_input_shape"), &first_config.member("batch_shape")})
    if (is_shape(*candidate)) return *candidate;
  const auto with_batch = [](Json::Array shape) {
    shape.insert(shape.begin(), Json());
    return Json(std::move(shape));
  };
  if (is_shape(first_config.member("input_shape"))) return with_batch(first_config.member("input_shape").as_array());
  if (first_config.member("input_dim").is_int() && first.member("class_name") != Json("Embedding")) return with_batch({first_config.member("input_dim")});
  for (const Json* candidate : {&serialized.member("config").member("build_input_shape"), &serialized.member("build_config").member("input_shape"),
                                &first.member("build_config").member("input_shape")})
    if (is_shape(*candidate)) return *candidate;
  if (first.member("class_name") == Json("Embedding")) return with_batch({first_config.member("input_length").is_int() ? first_config.member("input_length") : Json()});
  return {};
}

GraphLayer implied_input(const Json& shape, const Json& first, const KerasVersion& version, const std::string& path, ReadContext& context) {
  const Json& first_config = first.member("config");
  const std::string first_name = first_config.member("name").is_string() ? first_config.member("name").as_string() : "layer";
  const std::string name = version.keras3() ? "input_layer" : first_name + "_input";
  Json dtype = first_config.member("dtype").is_string() ? first_config.member("dtype") : Json("float32");
  if (dtype.as_string().starts_with("mixed_")) dtype = Json("float32");
  Json config = Json(Json::Object{{"batch_shape", shape}, {"dtype", dtype}, {"name", Json(name)}});
  Json serialized = Json(Json::Object{{"class_name", Json("InputLayer")}, {"config", config}});
  GraphLayer input;
  input.name = name;
  input.layer = read_layer(serialized, path, context);
  input.calls.push_back({});
  return input;  // json stays null: the file has no such entry
}

}  // namespace

void read_sequential(Model& model, const Json& serialized, const std::string& path, ReadContext& context) {
  const Json& config = serialized.member("config");
  const Json& layers = config.is_array() ? config : config.member("layers");
  if (!layers.is_array() || layers.as_array().empty()) {
    context.problems.add(fmt::format("{}: config.layers is missing or empty", path.empty() ? context.file : context.file + ": " + path));
    return;
  }
  const Json& first = layers.as_array().front();
  if (first.member("class_name") != Json("InputLayer")) {
    const Json shape = input_shape_of(serialized, first);
    if (shape.is_null())
      model.unbuilt = true;
    else
      model.layers.push_back(implied_input(shape, first, context.version, path, context));
  }
  for (const Json& entry : layers.as_array()) {
    const Json& entry_config = entry.member("config");
    GraphLayer layer;
    layer.name = entry_config.member("name").is_string() ? entry_config.member("name").as_string() : fmt::format("layer_{}", model.layers.size());
    layer.json = entry;
    for (const GraphLayer& other : model.layers)
      if (other.name == layer.name) context.problems.add(fmt::format("{}: {}{}: two layers have this name", context.file, path.empty() ? "" : path + "/", layer.name));
    layer.layer = read_layer(entry, path, context);
    GraphCall call;
    if (!model.layers.empty()) call.args.push_back({TensorRef{static_cast<int>(model.layers.size()) - 1, 0, 0}});
    layer.calls.push_back(std::move(call));
    model.layers.push_back(std::move(layer));
  }
  model.inputs = {TensorRef{0, 0, 0}};
  model.outputs = {TensorRef{static_cast<int>(model.layers.size()) - 1, 0, 0}};
}

}  // namespace keratin
