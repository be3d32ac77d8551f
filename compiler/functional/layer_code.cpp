#include "compiler/functional/layer_code.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <vector>

#include "compiler/functional/cpp_literals.h"
#include "compiler/functional/layer_fields.h"
#include "compiler/functional/serialized.h"

namespace keratin::functional {

namespace {

bool holds_object(const Json& value) {
  if (value.is_object()) return true;
  return value.is_array() && std::any_of(value.as_array().begin(), value.as_array().end(), holds_object);
}

bool is_layer(const Json& value) {
  const Json &module = value.member("module"), &class_name = value.member("class_name");
  return module == Json("keras.layers") || (class_name.is_string() && fields_of_layer(class_name.as_string()));
}

/// The name of a policy; empty for the default one.
std::string policy_of(const Json& dtype) {
  const Json& name = dtype.is_string() ? dtype : dtype.member("config").member("name");
  return name.is_string() && name.as_string() != "float32" ? name.as_string() : "";
}

/// The field's value; empty where it cannot be said.
std::string value_of(const LayerField& field, const Json& value) {
  if (!holds_object(value)) return field_literal(value);
  if (is_layer(value)) return layer_expression(value);
  if (value.is_array()) {
    std::vector<std::string> layers;
    for (const Json& item : value.as_array()) {
      if (!is_layer(item)) return {};
      layers.push_back(layer_expression(item));
    }
    return fmt::format("{{{}}}", fmt::join(layers, ", "));
  }
  if (!field.takes_json) return {};
  const std::string name = standard_name(value);
  return name.empty() ? fmt::format("Json({})", json_expression(value)) : string_literal(name);
}

/// The designated initialisers; nothing where the config says more than the struct.
bool arguments_of(const LayerFields& fields, const Json& config, std::vector<std::string>& arguments) {
  for (const LayerField& field : fields.fields) {
    const Json* value = config.find(field.key);
    if (!value || same_config(*value, field.standard)) continue;
    const std::string text = value_of(field, *value);
    if (text.empty()) return false;
    arguments.push_back(fmt::format(".{} = {}", field.key, text));
  }
  if (const Json& name = config.member("name"); name.is_string()) arguments.push_back(".name = " + string_literal(name.as_string()));
  if (config.member("trainable") == Json(false)) {
    if (!fields.has_policy) return false;
    arguments.push_back(".trainable = false");
  }
  const Json& dtype = config.member("dtype");
  if (dtype.is_object() && dtype.member("class_name") != Json("DTypePolicy")) return false;
  if (const std::string policy = policy_of(dtype); !policy.empty()) arguments.push_back(".dtype = " + string_literal(policy));
  for (const auto& [key, value] : config.as_object()) {
    const auto is_key = [&key = key](const auto& known) { return key == known; };
    const bool known = std::any_of(fields.fields.begin(), fields.fields.end(), [&key = key](const LayerField& field) { return key == field.key; }) ||
                       std::any_of(fields.not_offered.begin(), fields.not_offered.end(), is_key) || key == "name" || key == "trainable" || key == "dtype";
    if (!known && !value.is_null()) return false;
  }
  return true;
}

}  // namespace

std::string layer_expression(const Json& serialized) {
  const Json &class_name = serialized.member("class_name"), &config = serialized.member("config"), &registered = serialized.member("registered_name");
  if (!class_name.is_string() || !config.is_object()) throw CodeError{fmt::format("the object {}", serialized.dump())};
  if (registered.is_string() && registered.as_string().find('>') != std::string::npos) return fmt::format("make_custom({}, {})", string_literal(registered.as_string()), json_expression(config));
  const LayerFields* fields = fields_of_layer(class_name.as_string());
  std::vector<std::string> arguments;
  if (fields && arguments_of(*fields, config, arguments)) return fmt::format("layers::{}({{{}}})", class_name.as_string(), fmt::join(arguments, ", "));
  return fmt::format("Layer::from_config({}, {})", string_literal(class_name.as_string()), json_expression(config));
}

}  // namespace keratin::functional
