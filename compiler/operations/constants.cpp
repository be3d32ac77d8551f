#include "compiler/operations/constants.h"

namespace keratin {

namespace {

const Json* wrapped(const Json& value, std::string_view key) {
  const Json* config = value.find("config");
  return config ? config->find(key) : nullptr;
}

/// Numbers and booleans of nested lists in row-major order, and the extents of the lists.
struct Flattened {
  std::vector<int64_t> shape;
  std::vector<Json> items;
  bool complete = false;  // a number has been met: the rank is known

  bool add(const Json& value, size_t depth = 0) {
    if (!value.is_array()) {
      complete = true;
      if (depth != shape.size() || !(value.is_number() || value.is_bool())) return false;
      items.push_back(value);
      return true;
    }
    const int64_t length = static_cast<int64_t>(value.as_array().size());
    if (depth == shape.size() && !complete) shape.push_back(length);
    if (depth >= shape.size() || shape[depth] != length) return false;
    for (const Json& item : value.as_array())
      if (!add(item, depth + 1)) return false;
    return true;
  }

  DType natural_dtype() const {
    if (items.empty()) return DType::float32;
    DType dtype = DType::boolean;
    for (const Json& item : items) {
      if (item.is_double()) return DType::float32;
      if (item.is_int()) dtype = DType::int32;
    }
    return dtype;
  }
};

ir::Tensor tensor_of(const Flattened& flat, DType dtype) {
  ir::Tensor tensor(dtype, flat.shape);
  for (size_t i = 0; i < flat.items.size(); ++i) {
    const Json& item = flat.items[i];
    if (is_float(dtype))
      tensor.floats[i] = ir::round_to(dtype, item.is_bool() ? static_cast<double>(item.as_bool()) : item.as_double());
    else if (dtype == DType::boolean)
      tensor.integers[i] = item.is_bool() ? item.as_bool() : item.as_double() != 0;
    else
      tensor.integers[i] = ir::wrap_to(dtype, item.is_bool() ? item.as_bool() : item.is_int() ? item.as_int() : static_cast<int64_t>(item.as_double()));
  }
  return tensor;
}

Json unwrapped(const Json& value) {
  if (value.is_array()) {
    Json::Array items;
    for (const Json& item : value.as_array()) items.push_back(unwrapped(item));
    return Json(std::move(items));
  }
  const std::string_view wrapper = wrapper_of(value);
  if (wrapper == "__numpy__" || wrapper == "__tensor__") {
    if (const Json* inner = wrapped(value, "value")) return unwrapped(*inner);
  } else if (wrapper == "__tuple__" || wrapper == "TensorShape" || wrapper == "__list__") {
    const Json* items = value.find("items");
    if (!items) items = wrapped(value, "items");
    if (items) return unwrapped(*items);
  }
  return value;
}

}  // namespace

std::string_view wrapper_of(const Json& value) {
  const Json* name = value.find("class_name");
  return name && name->is_string() ? std::string_view(name->as_string()) : std::string_view();
}

std::optional<Json> plain_json(const CallValue& value) {
  if (const Json* constant = value.constant()) return unwrapped(*constant);
  if (const CallValue::List* list = value.list()) {
    Json::Array items;
    for (const CallValue& item : *list) {
      std::optional<Json> plain = plain_json(item);
      if (!plain) return std::nullopt;
      items.push_back(std::move(*plain));
    }
    return Json(std::move(items));
  }
  if (const CallValue::Dict* dict = value.dict()) {
    Json::Object members;
    for (const auto& [key, item] : *dict) {
      std::optional<Json> plain = plain_json(item);
      if (!plain) return std::nullopt;
      members.emplace_back(key, std::move(*plain));
    }
    return Json(std::move(members));
  }
  return std::nullopt;
}

std::optional<ir::Tensor> array_constant(const Json& value) {
  if (value.is_object()) {
    const Json* dtype_name = wrapped(value, "dtype");
    const Json* inner = wrapped(value, "value");
    if (!inner) return std::nullopt;
    if (!dtype_name || !dtype_name->is_string()) return array_constant(*inner);
    const std::optional<DType> dtype = dtype_named(dtype_name->as_string());
    return dtype && *dtype != DType::string ? array_constant(*inner, *dtype) : std::nullopt;
  }
  Flattened flat;
  if (!flat.add(value)) return std::nullopt;
  return tensor_of(flat, flat.natural_dtype());
}

std::optional<ir::Tensor> array_constant(const Json& value, DType dtype) {
  Flattened flat;
  if (!flat.add(unwrapped(value))) return std::nullopt;
  return tensor_of(flat, dtype);
}

}  // namespace keratin
