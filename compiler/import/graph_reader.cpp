#include "compiler/import/graph_reader.h"

#include <fmt/format.h>

#include "compiler/import/functional_reader.h"
#include "compiler/import/legacy_merge.h"

namespace keratin {

namespace {

std::string joined(const std::string& path, const std::string& name) { return path.empty() ? name : path + "/" + name; }

bool is_model_class(std::string_view name) { return name == "Functional" || name == "Model" || name == "Sequential"; }

/// Operations of keras.ops carry the module they come from; a layer of the same class name does not. Two activations are operations too.
bool is_operation_module(const Json& serialized) {
  const Json& module = serialized.member("module");
  return module.is_string() && (module.as_string().find(".ops") != std::string::npos || module.as_string() == "keras.src.activations.activations");
}

std::string unsupported(const std::string& class_name, const Json& serialized) {
  if (class_name == "Lambda") return "Lambda holds Python bytecode, which cannot be compiled; rebuild the model with operations or a registered layer";
  const Json& registered = serialized.member("registered_name");
  if (registered.is_string() && registered.as_string() != class_name) return fmt::format("layer class {} ({}) is not supported", class_name, registered.as_string());
  return fmt::format("layer class {} is not supported", class_name);
}

}  // namespace

DTypePolicy read_dtype(const Json& value, const std::string& where, ReadContext& context) {
  DTypePolicy policy;
  std::string name;
  if (value.is_null()) return policy;
  if (value.is_string()) {
    name = value.as_string();
  } else {
    const Json& config = value.member("config");
    if (config.member("name").is_string()) name = config.member("name").as_string();
  }
  if (name == "mixed_float16") return {DType::float16, DType::float32};
  if (name == "mixed_bfloat16") return {DType::bfloat16, DType::float32};
  if (const std::optional<DType> dtype = dtype_named(name)) return {*dtype, *dtype};
  context.problems.add(fmt::format("{}: dtype: policy {} is not supported", where, name.empty() ? value.dump() : name));
  return policy;
}

std::shared_ptr<Layer> read_layer(const Json& serialized, const std::string& path, ReadContext& context) {
  const Json& class_json = serialized.member("class_name");
  const Json& config = serialized.member("config");
  std::string name = serialized.member("name").is_string() ? serialized.member("name").as_string() : "";
  if (config.member("name").is_string()) name = config.member("name").as_string();
  const std::string where = fmt::format("{}: {}", context.file, joined(path, name.empty() ? "layer" : name));
  if (!class_json.is_string()) {
    context.problems.add(fmt::format("{}: class_name is missing", where));
    return nullptr;
  }
  const std::string& class_name = class_json.as_string();
  if (class_name == "Merge" && !context.version.keras3()) {
    const Result<Json> modern = modern_merge(serialized);
    if (modern) return read_layer(*modern, path, context);
    context.problems.add(fmt::format("{}: {}", where, modern.error()));
    return nullptr;
  }
  const Json& shared_id = serialized.member("shared_object_id");
  if (shared_id.is_int())
    if (const auto found = context.shared.find(shared_id.as_int()); found != context.shared.end()) return found->second;

  std::shared_ptr<Layer> layer;
  if (is_model_class(class_name) && !is_operation_module(serialized)) {
    layer = read_graph(serialized, joined(path, name), context);
    if (!layer) return nullptr;
  } else {
    const bool operation = is_operation_module(serialized);
    const Json& registered = serialized.member("registered_name");
    const bool own = !operation && registered.is_string() && registered.as_string().find('>') != std::string::npos;
    const LayerDefinition* definition = own ? find_layer(registered.as_string()) : nullptr;
    if (!definition) definition = find_layer(operation ? class_name + ".op" : class_name);
    if (!definition) {
      context.problems.add(fmt::format("{}: {}", where, operation ? fmt::format("operation {} is not supported", class_name) : unsupported(class_name, serialized)));
      return nullptr;
    }
    layer = definition->create();
    layer->class_name = std::string(definition->name);
    layer->is_operation = operation;
    layer->name = name;
    layer->version = context.version;
    const Json empty = Json(Json::Object{});
    ConfigReader reader(config.is_object() ? config : empty, where, context);
    reader.ignore({"name", "dtype", "autocast"});
    layer->trainable = reader.boolean("trainable", true);
    layer->dtype = read_dtype(config.member("dtype"), where, context);
    layer->activity_regularizer = config.member("activity_regularizer");
    reader.ignore({"activity_regularizer"});
    layer->configure(reader);
    reader.finish();
    if (reader.failed()) return nullptr;
  }
  if (shared_id.is_int()) context.shared[shared_id.as_int()] = layer;
  return layer;
}

std::shared_ptr<Layer> ConfigReader::layer_of(const Json& serialized) {
  // `file: outer/wrapper` -> `outer/wrapper`: messages of the inner layer carry the same path.
  const std::string prefix = context_.file + ": ";
  const std::string path = where_.starts_with(prefix) ? where_.substr(prefix.size()) : where_;
  std::shared_ptr<Layer> inner = read_layer(serialized, path, context_);
  if (!inner) failed_ = true;
  return inner;
}

std::shared_ptr<Layer> ConfigReader::layer(std::string_view key) {
  const Json& serialized = raw(key);
  if (!serialized.is_object()) {
    fail(key, "is no serialized layer");
    return nullptr;
  }
  return layer_of(serialized);
}

std::shared_ptr<Model> read_model(const Json& serialized, ReadContext& context) {
  const Json& class_name = serialized.member("class_name");
  if (!class_name.is_string() || !is_model_class(class_name.as_string())) {
    context.problems.add(fmt::format("{}: model class {} is not supported", context.file, class_name.is_string() ? class_name.as_string() : "(none)"));
    return nullptr;
  }
  return read_graph(serialized, "", context);
}

}  // namespace keratin
