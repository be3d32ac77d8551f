#include "compiler/import/legacy_nodes.h"

namespace keratin {

/// [name, node, tensor] or [name, node, tensor, {kwargs}], or a constant in a tensor's place: ["_CONSTANT_VALUE", -1, value, {kwargs}].
bool LegacyNodeReader::is_entry(const Json& value) const {
  if (!value.is_array() || value.as_array().size() < 3 || value.as_array().size() > 4) return false;
  const Json::Array& parts = value.as_array();
  return parts[0].is_string() && parts[1].is_int();
}

GraphValue LegacyNodeReader::entry(const Json& value, GraphCall& call) {
  const Json::Array& parts = value.as_array();
  if (parts.size() == 4 && parts[3].is_object())
    for (const auto& [key, item] : parts[3].as_object())
      if (key != "name") call.kwargs.emplace_back(key, argument(item));
  if (parts[0].as_string() == "_CONSTANT_VALUE") return {parts[2]};
  return reference_(parts[0], parts[1], parts[2]);
}

/// A keyword argument: tensors stand in it as triples, anything else is a constant.
GraphValue LegacyNodeReader::argument(const Json& value) {
  if (is_entry(value) && value.as_array()[2].is_int() && is_layer_(value.as_array()[0].as_string()))
    return reference_(value.as_array()[0], value.as_array()[1], value.as_array()[2]);
  if (is_entry(value) && value.as_array()[0].as_string() == "_CONSTANT_VALUE") return {value.as_array()[2]};
  if (value.is_array()) {
    GraphValue::List list;
    for (const Json& item : value.as_array()) list.push_back(argument(item));
    return {std::move(list)};
  }
  if (value.is_object() && !value.find("class_name")) {  // such as the bounds of a slice, which may be tensors
    GraphValue::Dict dict;
    for (const auto& [key, item] : value.as_object()) dict.emplace_back(key, argument(item));
    return {std::move(dict)};
  }
  if (const Json* items = value.find("items"); items && items->is_array()) return argument(*items);  // {"class_name": "__tuple__", "items": [...]}
  return {value};
}

GraphValue LegacyNodeReader::structure(const Json& value, GraphCall& call) {
  if (is_entry(value)) return entry(value, call);
  if (value.is_array()) {
    GraphValue::List list;
    for (const Json& item : value.as_array()) list.push_back(structure(item, call));
    return {std::move(list)};
  }
  if (value.is_object()) {
    const Json* items = value.find("items");  // {"class_name": "__tuple__", "items": [...]}
    if (items && items->is_array()) return structure(*items, call);
    GraphValue::Dict dict;
    for (const auto& [key, item] : value.as_object()) dict.emplace_back(key, structure(item, call));
    return {std::move(dict)};
  }
  problems_.emplace_back("inbound_nodes hold something that is no tensor reference");
  return {Json()};
}

GraphCall LegacyNodeReader::read(const Json& node) {
  GraphCall call;
  GraphValue value = structure(node, call);
  // One tensor stands in a list of its own: [["x", 0, 0, {}]].
  if (auto* list = std::get_if<GraphValue::List>(&value.value); list && list->size() == 1 && !std::holds_alternative<Json>(list->front().value)) {
    GraphValue only = std::move(list->front());
    value = std::move(only);
  }
  call.args.push_back(std::move(value));
  return call;
}

}  // namespace keratin
